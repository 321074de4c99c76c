// The block in the editor. It needs no build: WordPress brings these packages. The form itself is not drawn here, or
// its script would run in the editor; PHP draws it on the page.
(({ blocks, element, blockEditor, components }, words) => {
  const { createElement: el, Fragment } = element;

  blocks.registerBlockType('daily-digest/subscribe', {
    title: words.title,
    description: words.description,
    edit: ({ attributes, setAttributes }) =>
      el(
        Fragment,
        null,
        el(
          blockEditor.InspectorControls,
          null,
          el(
            components.PanelBody,
            { title: words.title },
            el(components.RadioControl, {
              label: words.variant,
              selected: attributes.variant,
              options: ['script', 'plain', 'frame'].map((value) => ({ value, label: words[value] })),
              onChange: (variant) => setAttributes({ variant }),
            }),
          ),
        ),
        el(
          'div',
          blockEditor.useBlockProps(),
          el(components.Placeholder, {
            icon: 'email',
            label: words.title,
            instructions: words.ready ? words.placeholder : words.missing,
          }),
        ),
      ),
    save: () => null,
  });
})(window.wp, window.dailyDigestBlock);

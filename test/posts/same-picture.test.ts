// One picture has many addresses: sizes, formats, and services that resize it.
import { isSamePicture } from '../../src/posts/same-picture.js';
import { postView } from '../../src/digest/digest-view.js';
import { mailDesign } from '../../src/digest/mail-design.js';
import { plainImages } from '../../src/images/image-book.js';
import { defaultLook } from '../../src/newsletters/look.js';

test.each([
  [
    'https://substackcdn.com/image/fetch/$s_!abcd!,f_auto,q_auto:good,fl_progressive:steep/https%3A%2F%2Fimg.test%2Fshelf.jpg',
    'https://img.test/shelf.jpg',
  ],
  [
    'https://substackcdn.com/image/fetch/w_1456,c_limit/https%3A%2F%2Fsubstack-post-media.s3.amazonaws.com%2Fpublic%2Fimages%2Fab-12_1456x971.jpeg',
    'https://substackcdn.com/image/fetch/$s_!x!,w_848/https%3A%2F%2Fsubstack-post-media.s3.amazonaws.com%2Fpublic%2Fimages%2Fab-12_1456x971.jpeg',
  ],
  [
    'https://a.test/wp-content/uploads/2026/11/dawn.jpg',
    'https://a.test/wp-content/uploads/2026/11/dawn-1024x683.jpg',
  ],
  [
    'https://i0.wp.com/a.test/wp-content/uploads/2026/11/dawn.jpg?resize=1024%2C683&ssl=1',
    'https://a.test/wp-content/uploads/2026/11/dawn-scaled.jpg',
  ],
  ['https://a.test/p/dawn.jpg?w=600', 'https://a.test/p/dawn.jpg.webp'],
  [
    'https://a.test/content/images/size/w1000/2026/11/dawn.jpg',
    'https://a.test/content/images/2026/11/dawn.jpg',
  ],
  [
    'https://cdn-images-1.medium.com/max/1024/1*AbC.jpeg',
    'https://miro.medium.com/v2/resize:fit:1400/1*AbC.jpeg',
  ],
  [
    'https://blogger.googleusercontent.com/img/b/R29/AVvX/s1600/dawn.jpg',
    'https://blogger.googleusercontent.com/img/b/R29/AVvX/w400-h300/dawn.jpg',
  ],
  ['https://a.test/_next/image?url=%2Fp%2Fdawn.jpg&w=640&q=75', 'https://a.test/p/dawn.jpg'],
  ['https://images.weserv.nl/?url=a.test/p/dawn.jpg', 'https://a.test/p/dawn.jpg'],
  ['https://wsrv.nl/?url=https://a.test/p/dawn.jpg&w=3', 'https://a.test/p/dawn.jpg'],
  ['https://a.test/cdn-cgi/image/width=600,quality=75/p/dawn.jpg', 'https://a.test/p/dawn.jpg'],
  [
    'https://res.cloudinary.com/demo/image/upload/w_300,h_200/v1234/dawn.jpg',
    'https://res.cloudinary.com/demo/image/upload/v1234/dawn.jpg',
  ],
  [
    'https://i2.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg',
    'https://i.ytimg.com/vi_webp/dQw4w9WgXcQ/maxresdefault.webp',
  ],
  [
    'https://static.wixstatic.com/media/ab~mv2.jpg/v1/fill/w_600,h_400,al_c/dawn.jpg',
    'https://static.wixstatic.com/media/ab~mv2.jpg',
  ],
  [
    'https://upload.wikimedia.org/wikipedia/commons/thumb/a/ab/Dawn.jpg/640px-Dawn.jpg',
    'https://upload.wikimedia.org/wikipedia/commons/a/ab/Dawn.jpg',
  ],
  ['https://live.staticflickr.com/65535/51_abc_b.jpg', 'https://live.staticflickr.com/65535/51_abc_m.jpg'],
  [
    'https://images.squarespace-cdn.com/content/v1/5/16-X/dawn.jpg?format=1500w',
    'https://images.squarespace-cdn.com/content/v1/5/16-X/dawn.jpg',
  ],
  ['https://cdn.shopify.com/s/files/1/dawn_600x.jpg?v=1', 'https://cdn.shopify.com/s/files/1/dawn.jpg?v=1'],
  ['http://a.test/dawn.jpg', 'https://a.test/dawn.jpg'],
  ['https://a.test/image.php?id=5&w=300', 'https://a.test/image.php?id=5'],
  ['https://a.test/2026/cover-300x200.jpg', 'https://cdn.test/2026/cover.jpg'],
  ['https://a.test/pictures/1456x971/snow.jpg', 'https://a.test/snow.jpg'],
  ['https://a.test/caf%C3%A9.jpg', 'https://a.test/café-300x200.jpg'],
])('%s is %s', (one, other) => {
  expect([isSamePicture(one, other), isSamePicture(other, one)]).toEqual([true, true]);
});

test.each([
  ['https://a.test/a.jpg', 'https://a.test/b.jpg'],
  ['https://a.test/1/image.jpg', 'https://a.test/2b/image.jpg'],
  ['https://a.test/2026/10/dawn.jpg', 'https://a.test/2026/11/dawn.jpg'],
  ['https://a.test/image.php?id=5', 'https://a.test/image.php?id=6'],
  ['https://picsum.photos/id/237/600/400', 'https://picsum.photos/id/238/600/400'],
  ['https://a.test/img-1.jpg', 'https://a.test/img-2.jpg'],
  ['https://a.test/dawn-1.jpg', 'https://a.test/dawn-2.jpg'],
  ['https://i.guim.co.uk/img/media/aaa/0_0_1/500.jpg', 'https://i.guim.co.uk/img/media/bbb/0_0_1/500.jpg'],
  ['https://i.ytimg.com/vi/aaaaaaaaaaa/hqdefault.jpg', 'https://i.ytimg.com/vi/bbbbbbbbbbb/hqdefault.jpg'],
  ['https://a.test/x/photo.jpg', 'https://a.test/y/photo.jpg'],
  ['https://www.gravatar.com/avatar/aa?s=50', 'https://www.gravatar.com/avatar/bb?s=50'],
  ['https://a.test/DSC_0001.jpg', 'https://a.test/b/DSC_0001.jpg'],
])('%s is not %s', (one, other) => {
  expect([isSamePicture(one, other), isSamePicture(other, one)]).toEqual([false, false]);
});

test('a whole post shows its picture once, and a picture that its text lacks above it', () => {
  const layout = {
    ...mailDesign({ ...defaultLook, template: 'letter' }, 'ltr').layout,
    images: plainImages,
    sayMedia: () => '',
  };
  const picture = (url: string) =>
    postView(
      {
        title: 'x',
        url: 'https://a.test/x',
        topics: [],
        image: { url, width: 1456, height: 971 },
        html: '<p>a</p><p><img src="https://img.test/shelf-1024x683.jpg" alt="" width="1024" height="683" /></p>',
      },
      'full',
      true,
      layout,
    ).picture;
  expect(
    picture('https://substackcdn.com/image/fetch/w_1200,c_fill/https%3A%2F%2Fimg.test%2Fshelf.jpg'),
  ).toBeUndefined();
  expect(picture('https://img.test/other.jpg')).toBeDefined();
});

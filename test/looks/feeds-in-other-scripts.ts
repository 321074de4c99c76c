// Hebrew, Arabic, Japanese, and titles that no designer has planned for.
import type { SiteFeed } from './feed-xml.js';

export const hebrew: SiteFeed = {
  name: 'haifa',
  title: 'החוף הדרומי',
  language: 'he',
  items: [
    {
      title: 'העירייה מתנצלת על השבוע שבו לא היו מים: "3 תקלות ב־WhatsApp ואחת בברז"',
      slug: 'mayim',
      author: 'דנה כהן',
      html: '<p>במשך שישה ימים קיבלו תושבי השכונה הודעות WhatsApp, אך לא מים. ביום ראשון הגיעה ההתנצלות:</p><blockquote><p>"אנחנו מתנצלים בפני כל מי שעמד בתור עם דלי."</p></blockquote><p>התוכנית לשנה הבאה כוללת:</p><ul><li>תשתיות</li><li>כוח אדם</li><li>ברז אחד נוסף, ליתר ביטחון</li></ul><p><img src="SITE/pictures/1024x683/noon.jpg" alt="מגדל המים" width="1024" height="683"></p>',
      raw: '<slash:comments>5</slash:comments>',
    },
  ],
};

export const arabic: SiteFeed = {
  name: 'mina',
  title: 'دفتر الميناء',
  language: 'ar',
  items: [
    {
      title: 'المكتبة التي تفتح أبوابها بعد منتصف الليل',
      slug: 'maktaba',
      author: 'ليلى',
      html: '<p>لا أحد يعرف من بدأ العادة. في الساعة الواحدة يضاء المصباح الأخضر، ويأتي القراء واحدًا بعد الآخر.</p><blockquote><p>«الكتاب الذي يُقرأ ليلًا أطول من الكتاب نفسه نهارًا.»</p></blockquote><ol><li>الدخول مجاني</li><li>الهمس مسموح</li></ol>',
      raw: '<slash:comments>5</slash:comments>',
    },
  ],
};

export const japanese: SiteFeed = {
  name: 'minato',
  title: '港の日記',
  language: 'ja',
  items: [
    {
      title: '海辺の図書館が三年ぶりに再開、最初の一冊は返却期限を四十年過ぎた料理本だった',
      slug: 'toshokan',
      author: '佐藤 葵',
      html: `<p>${'三年間の改修を経て、港の図書館が土曜日に再び扉を開けた。最初に並んだのは本を借りる人ではなく、返す人だった。'.repeat(3)}</p><blockquote><p>「叱られると思って、四十年待ちました」</p></blockquote><p>料理本は無事に棚へ戻った。</p>`,
    },
  ],
};

export const titles: SiteFeed = {
  name: 'long-titles',
  title: 'The Society for the Preservation of Complete Sentences',
  language: 'en',
  items: [
    {
      title:
        'A very, very long title, such as only committees write, in which the reader learns that the minutes of the last meeting were read, amended, read again, adopted with two abstentions and one objection, and that the objection, having been noted, was itself objected to on grounds which the secretary was asked not to record at all',
      slug: 'minutes',
      author: 'The Honorary Secretary of the Society for the Preservation of Complete Sentences',
      html: '<p>Adjourned.</p>',
    },
    {
      title: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
      slug: 'donau',
      html: '<p>Ein Wort, gefunden von einer Leserin.</p>',
    },
  ],
};

// The shape of a post that arrives from a feed or through the API.

export interface PostImage {
  url: string;
  width?: number;
  height?: number;
  alt?: string;
}

/** A file to listen to or watch, or its player, which a feed gives beside the text. */
export interface IncomingMedia {
  url: string;
  /** A media type, such as audio/mpeg. */
  type?: string;
  seconds?: number;
}

export interface IncomingPost {
  guid?: string;
  url?: string;
  title: string;
  html?: string;
  text?: string;
  excerpt?: string;
  author?: string;
  image?: PostImage;
  media?: IncomingMedia;
  topics?: string[];
  commentCount?: number;
  /** The page with the comments. */
  commentsUrl?: string;
  publishedAt?: Date;
}

/**
 * A post that is ready to be stored: sanitised, bounded, its URLs absolute. Only prepare-post.ts makes these.
 */
export interface PreparedPost {
  guid: string | null;
  url: string | null;
  title: string;
  html: string;
  text: string;
  excerpt: string;
  author: string | null;
  image: PostImage | null;
  topics: string[];
  commentCount: number | null;
  commentsUrl: string | null;
  publishedAt: Date | null;
}

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

/** Images that a Dockerfile starts from, by the names of its arguments. */
export type BaseImages = Readonly<Record<string, string>>;

/** The defaults of a Dockerfile's arguments that name images: `ARG BASE_IMAGE=gcr.io/…`. */
export function baseImagesOf(dockerfile: string): BaseImages {
  const named = dockerfile.matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm);
  return Object.fromEntries([...named].map(([, argument, image]) => [argument!, image!]));
}

/**
 * An image by the digest that its registry has under this tag now, `name@sha256:…`: the digest of its index, where it
 * is there for several platforms. One that is pinned already stays as it is.
 *
 * @throws Error if the registry cannot be asked.
 */
export function pinned(image: string, builder: string): string {
  if (image.includes('@')) return image;
  const raw =
    builder === 'docker' ? ['docker', 'buildx', 'imagetools', 'inspect', '--raw', image] : skopeo(image);
  const [program, ...args] = raw as [string, ...string[]];
  const manifest = execFileSync(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return `${withoutTag(image)}@sha256:${createHash('sha256').update(manifest).digest('hex')}`;
}

function skopeo(image: string): readonly string[] {
  return ['skopeo', 'inspect', '--raw', `docker://${image}`];
}

/** `host:5000/name:tag` without its tag; a port is none. */
function withoutTag(image: string): string {
  return image.replace(/:[^:/]+$/, '');
}

/**
 * The npm packages that a running Hearthline needs, copied from the clone's node_modules as the lock file tells them: nothing is
 * downloaded and no package's script runs, so what was tested is what is shipped.
 */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

interface Locked {
  version?: string;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  integrity?: string;
  license?: string;
}

export interface ProductionPackage {
  name: string;
  version: string;
  /** Below the project, such as node_modules/a/node_modules/b. */
  path: string;
  integrity?: string;
  license?: string;
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Types of the compiler alone; a running program reads none of them. */
const isForCompilers = (path: string) => nameOf(path).startsWith('@types/');

/** In the order of their paths. A package that is not installed is left out if it is optional (another platform's), else thrown. */
export function productionPackages(root: string): ProductionPackage[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional && !isForCompilers(path))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, { version = '', optional, integrity, license }]) => {
      if (!existsSync(join(root, path, 'package.json'))) {
        if (optional) return [];
        throw new Error(`${path} of the lock file is not installed: npm ci`);
      }
      return [
        {
          name: nameOf(path),
          version,
          path,
          ...(integrity !== undefined && { integrity }),
          ...(license !== undefined && { license }),
        },
      ];
    });
}

/** Source maps and types are for developers; packages inside a package come by their own entries of the lock file. */
const isWanted = (source: string) =>
  basename(source) !== 'node_modules' && !/\.(map|d\.[cm]?ts|tsbuildinfo)$/.test(source);

export function copyProductionPackages(root: string, target: string): ProductionPackage[] {
  const packages = productionPackages(root);
  for (const { path } of packages) {
    const from = join(root, path);
    cpSync(from, join(target, path), {
      recursive: true,
      dereference: true,
      filter: (source) => source === from || isWanted(source),
    });
  }
  return packages;
}

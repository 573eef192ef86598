/** Disks that refuse to be written to, made for a process or a directory of a spec. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Limits the size of the files that a process may write; undefined lifts the limit. */
export function limitFileSize(pid: number, bytes: number | undefined): void {
  // The soft limit, which the process's own user may raise again.
  run('prlimit', ['--pid', String(pid), `--fsize=${bytes ?? 'unlimited'}:`], 'util-linux');
}

/** A disk of its own. */
export interface SmallDisk {
  readonly directory: string;
  /** Writes until nothing more fits. */
  fill(): void;
  makeRoom(): void;
  unmount(): void;
  mount(): void;
  remove(): void;
}

/** Mounts a disk of one megabyte; needs root. */
export function smallDisk(): SmallDisk {
  const directory = mkdtempSync(join(tmpdir(), 'small-disk-'));
  const filler = join(directory, 'filler');
  const mount = (): void =>
    run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory], 'root (CAP_SYS_ADMIN)');
  const unmount = (): void => run('umount', ['--lazy', directory], 'root (CAP_SYS_ADMIN)');
  mount();
  return {
    directory,
    fill() {
      const file = openSync(filler, 'w');
      try {
        for (;;) writeSync(file, Buffer.alloc(4096));
      } catch {
        // Full.
      } finally {
        closeSync(file);
      }
    },
    makeRoom: () => rmSync(filler),
    mount,
    unmount,
    remove() {
      unmount();
      rmSync(directory, { recursive: true });
    },
  };
}

function run(command: string, args: readonly string[], needs: string): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    throw new Error(`this spec runs "${command} ${args.join(' ')}", which needs ${needs}`, {
      cause,
    });
  }
}

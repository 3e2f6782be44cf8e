// Compilers of users, each by its API: what all consumers read alike is parsed once, and only what is the application's
// and this package's is checked. Other packages answer for their own.

import {createRequire} from 'node:module';
import type typescript from 'typescript-6.0';

type Compiler = typeof typescript;

const requireFrom = createRequire(import.meta.url);

/** The compiler options as a tsconfig.json names them, and the names of files in the folder. */
export interface Consumer {
  readonly files: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** Whether a path, or a line that begins with one, is of a package besides those of this project. */
export function isOfOthers(path: string): boolean {
  return /node_modules\/(?!rainbow-(?:server|client|business)\/)/.test(path);
}

/** Yields what a compiler finds in a consumer in this folder that is not in another package: a line for each error. */
export function loadCompiler(name: string, folder: string): (consumer: Consumer) => readonly string[] {
  const ts = requireFrom(name) as Compiler;
  const declarations = new Map<string, typescript.SourceFile | undefined>();

  function makeHost(options: typescript.CompilerOptions): typescript.CompilerHost {
    const host = ts.createCompilerHost(options);
    // As the compiler's own command reads comments: most of them not at all.
    host.jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeErrors;
    const readFile = host.getSourceFile.bind(host);
    host.getSourceFile = (path, how, ...others) => {
      // A declaration is read the same under all options, but for the format that its place gives it.
      if (!path.endsWith('.d.ts')) return readFile(path, how, ...others);
      const key = `${path} ${JSON.stringify(how)}`;
      if (!declarations.has(key)) declarations.set(key, readFile(path, how, ...others));
      return declarations.get(key);
    };
    host.getCurrentDirectory = () => folder;
    return host;
  }

  return ({files, options: named}) => {
    const {options, fileNames, errors} = ts.parseJsonConfigFileContent({compilerOptions: named, files}, ts.sys, folder);
    const program = ts.createProgram({
      rootNames: fileNames,
      options,
      host: makeHost(options),
      configFileParsingDiagnostics: errors,
    });
    const own = program.getSourceFiles().filter(({fileName}) => !isOfOthers(fileName));
    const found = [
      ...program.getConfigFileParsingDiagnostics(),
      ...program.getOptionsDiagnostics(),
      ...program.getGlobalDiagnostics(),
      ...own.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
    ];
    return found.map((diagnostic) => ts.formatDiagnostic(diagnostic, makeHost(options)).trimEnd());
  };
}

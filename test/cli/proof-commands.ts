// A program of the two commands `conformance` and `protocol` alone, as a process of its own.

import {addConformance} from '../../src/cli/conformance-command.ts';
import {createProgram, runProgram} from '../../src/cli/program.ts';
import {addProtocol} from '../../src/cli/protocol-command.ts';

const program = createProgram('rainbow', 'The commands of the proof.');
addConformance(program);
addProtocol(program);
await runProgram(program, process.argv);

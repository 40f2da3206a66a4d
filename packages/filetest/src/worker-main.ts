/** The program of a process that runs test files. */
import { serveTests } from "./worker.ts";

serveTests();

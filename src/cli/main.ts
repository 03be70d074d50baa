#!/usr/bin/env node
import { runProcess } from './run-process.ts';

process.exitCode = await runProcess(process);

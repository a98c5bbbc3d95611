// Loaded before every test file (scripts/test.ts).
import { enforceTickStamps } from '../src/sampling/tick-stamps.ts';

enforceTickStamps();

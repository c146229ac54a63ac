/* Vitest runs this before each test file; what it imports runs once in each worker, and stays. */
import './compare-bytes.ts'

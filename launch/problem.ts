/** Something the user can put right. The message is one line and says what to do next. */
export class LaunchProblem extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'LaunchProblem';
  }
}

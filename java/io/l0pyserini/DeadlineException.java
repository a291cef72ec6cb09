package io.l0pyserini;

/** The time that a search was given is over. */
final class DeadlineException extends RuntimeException {
  private static final long serialVersionUID = 1;

  DeadlineException() {
    super("the time given is over");
  }
}

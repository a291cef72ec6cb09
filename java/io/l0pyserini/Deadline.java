package io.l0pyserini;

/** The moment at which a search is given up: it is looked at between blocks of documents. */
final class Deadline {
  private final boolean isSet;
  private final long end;

  private Deadline(boolean isSet, long end) {
    this.isSet = isSet;
    this.end = end;
  }

  /** Returns the moment in so many milliseconds; 0 for none. */
  static Deadline in(long millis) {
    return new Deadline(millis != 0, System.nanoTime() + millis * 1_000_000);
  }

  /**
   * Ends the search if its time is over.
   *
   * @throws DeadlineException if it is
   */
  void check() {
    if (isSet && System.nanoTime() - end >= 0) {
      throw new DeadlineException();
    }
  }
}

package io.l0pyserini;

import java.util.Arrays;
import org.apache.lucene.util.ArrayUtil;

/**
 * Postings of a range of a segment's terms, in memory.
 *
 * <p>A segment's documents are cut into windows of 32,768. A run holds the postings of one list
 * within one window: documents as shorts, counted from the window's first, and impacts as bytes. A
 * run of a quarter of the window's documents or more is a table instead, a byte for each document.
 * A term has one list, and further ones for what its impacts have above 255: their impacts count
 * 2^shift each.
 */
final class MemoryLists {
  static final int BITS = 15;

  /** Documents of a window. */
  static final int WINDOW = 1 << BITS;

  /** The largest impact that a posting holds. */
  static final int LARGEST = 255;

  /** Postings from which on a run is a table: there it takes 4 bytes a posting, and then less. */
  static final int TABLE = WINDOW / 4;

  /** The numbers of best documents for which a list tells the least of their impacts. */
  static final int[] RANKS = {10, 100, 1000};

  private int[] firstList;
  private byte[] shifts = new byte[0];
  private int[] firstRun;
  private byte[] ranked;
  private int terms;
  private int lists;

  private char[] windows = new char[16];
  private char[] lasts = new char[16];
  private byte[] largest = new byte[16];
  private int[] starts = new int[16];
  private int runs;

  private short[] documents;
  private byte[] impacts;
  private int postings;
  private byte[] tables = new byte[0];
  private int tabled;
  private long held;

  private final int[] counts = new int[LARGEST + 1];

  /** Makes room for terms and postings. */
  MemoryLists(int terms, int postings) {
    firstList = new int[terms + 1];
    firstRun = new int[terms + 1];
    ranked = new byte[terms * RANKS.length];
    documents = new short[postings];
    impacts = new byte[postings];
  }

  /** Starts the lists of the next term. */
  void startTerm() {
    firstList[terms++] = lists;
  }

  /** Starts a list of the last term. */
  void startList(int shift) {
    shifts = ArrayUtil.grow(shifts, lists + 1);
    firstRun = ArrayUtil.grow(firstRun, lists + 2);
    ranked = ArrayUtil.grow(ranked, (lists + 1) * RANKS.length);
    shifts[lists] = (byte) shift;
    firstRun[lists++] = runs;
  }

  /** Adds a run to the last list: documents of a window in ascending order, impacts up to 255. */
  void addRun(int window, int[] found, int[] given, int count) {
    windows = ArrayUtil.grow(windows, runs + 1);
    lasts = ArrayUtil.grow(lasts, runs + 1);
    largest = ArrayUtil.grow(largest, runs + 1);
    starts = ArrayUtil.grow(starts, runs + 1);
    windows[runs] = (char) window;
    lasts[runs] = (char) (count - 1);
    int most = 0;
    for (int i = 0; i < count; i++) {
      most = Math.max(most, given[i]);
      counts[given[i]]++;
    }
    largest[runs] = (byte) most;
    held += count;
    if (count < TABLE) {
      starts[runs] = postings;
      documents = ArrayUtil.grow(documents, postings + count);
      impacts = ArrayUtil.grow(impacts, documents.length);
      for (int i = 0; i < count; i++) {
        documents[postings] = (short) found[i];
        impacts[postings++] = (byte) given[i];
      }
    } else {
      starts[runs] = ~tabled;
      tables = ArrayUtil.grow(tables, tabled + WINDOW);
      Arrays.fill(tables, tabled, tabled + WINDOW, (byte) 0);
      for (int i = 0; i < count; i++) {
        tables[tabled + found[i]] = (byte) given[i];
      }
      tabled += WINDOW;
    }
    runs++;
  }

  /** Ends the last list. */
  void endList() {
    int above = 0;
    int rank = 0;
    for (int impact = LARGEST; impact > 0 && rank < RANKS.length; impact--) {
      above += counts[impact];
      while (rank < RANKS.length && above >= RANKS[rank]) {
        ranked[(lists - 1) * RANKS.length + rank++] = (byte) impact;
      }
    }
    Arrays.fill(counts, 0);
  }

  /** Ends all lists and gives back the room that was too much. */
  void end() {
    firstList[terms] = lists;
    if (lists == terms) {
      firstList = null; // one list a term
      shifts = null;
    } else {
      shifts = Arrays.copyOf(shifts, lists);
    }
    firstRun[lists] = runs;
    firstRun = Arrays.copyOf(firstRun, lists + 1);
    ranked = Arrays.copyOf(ranked, lists * RANKS.length);
    windows = Arrays.copyOf(windows, runs);
    lasts = Arrays.copyOf(lasts, runs);
    largest = Arrays.copyOf(largest, runs);
    starts = Arrays.copyOf(starts, runs);
    documents = Arrays.copyOf(documents, postings);
    impacts = Arrays.copyOf(impacts, postings);
    tables = Arrays.copyOf(tables, tabled);
  }

  /** Returns the number of postings. */
  long postings() {
    return held;
  }

  /** Returns the bytes that everything takes. */
  long bytes() {
    long ofLists = firstRun.length * 4L + ranked.length;
    ofLists += firstList == null ? 0 : firstList.length * 4L + shifts.length;
    return ofLists + runs * 9L + postings * 3L + tabled;
  }

  int firstList(int term) {
    return firstList == null ? term : firstList[term];
  }

  int shift(int list) {
    return shifts == null ? 0 : shifts[list];
  }

  int firstRun(int list) {
    return firstRun[list];
  }

  /** Returns the least impact of a list's so many best documents, 0 where it has fewer. */
  int ranked(int list, int rank) {
    return ranked[list * RANKS.length + rank] & 0xFF;
  }

  int window(int run) {
    return windows[run];
  }

  int count(int run) {
    return lasts[run] + 1;
  }

  int largest(int run) {
    return largest[run] & 0xFF;
  }

  boolean isTable(int run) {
    return starts[run] < 0;
  }

  /** Returns a list's run within a window, -1 where it has none. */
  int run(int list, int window) {
    int from = firstRun[list];
    int to = firstRun[list + 1];
    // A list of many postings has a run in every window.
    if (window < to - from && windows[from + window] == window) {
      return from + window;
    }
    int at = Arrays.binarySearch(windows, from, to, (char) window);
    return Math.max(at, -1);
  }

  /** Adds weight times impact to the sum of each document of a run. */
  void add(int run, int weight, int[] sums, int size) {
    int start = starts[run];
    if (start < 0) {
      byte[] table = tables;
      int from = ~start;
      for (int i = 0; i < size; i++) {
        sums[i] += weight * (table[from + i] & 0xFF);
      }
      return;
    }
    short[] rows = documents;
    byte[] given = impacts;
    int end = start + lasts[run] + 1;
    for (int i = start; i < end; i++) {
      sums[rows[i]] += weight * (given[i] & 0xFF);
    }
  }

  /**
   * Moves the documents of a run whose sums reach a number, and their sums, to the end of arrays;
   * the sums of all its documents become 0. Not for a table.
   *
   * @return the new number of documents moved
   */
  int take(int run, int least, int[] sums, int[] found, int[] reached, int size) {
    int start = starts[run];
    int end = start + lasts[run] + 1;
    int at = size;
    for (int i = start; i < end; i++) {
      int row = documents[i];
      int sum = sums[row];
      sums[row] = 0;
      if (sum >= least) {
        found[at] = row;
        reached[at++] = sum;
      }
    }
    return at;
  }

  /** Returns a document's impact in a run, 0 where it has none. */
  int impact(int run, int row) {
    int start = starts[run];
    if (start < 0) {
      return tables[~start + row] & 0xFF;
    }
    int low = start;
    for (int left = lasts[run] + 1; left > 1; ) {
      int half = left >>> 1;
      // No branch: which half it will be cannot be foreseen.
      low += documents[low + half - 1] < row ? half : 0;
      left -= half;
    }
    return documents[low] == row ? impacts[low] & 0xFF : 0;
  }
}

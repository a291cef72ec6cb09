package io.l0pyserini;

import java.util.Arrays;
import java.util.List;
import org.apache.lucene.util.ArrayUtil;

/**
 * Finds the best documents of a query in a MemoryIndex. Used again for each query of a thread.
 *
 * <p>Windows are visited by falling bound: the sum of weight times largest impact of a query's
 * runs there. Within a window the runs with the least bounds are optional as long as no document
 * can reach the k-th best score with them alone. The others are added up in an array of sums; the
 * optional ones are then looked up for those documents that can still reach it.
 */
final class MemoryScorer {
  /** Sums are compared first by the largest of 16 that lie so far apart. */
  private static final int GROUPS = MemoryLists.WINDOW >> 4;

  private static final int LARGEST = MemoryLists.WINDOW;

  /** With fewer postings than this their documents are walked again, not the whole window. */
  private static final int FEW = 1024;

  /** Looking a document up in a run takes the time of adding so many postings. */
  private static final int LOOK_UP = 32;

  private final MemoryIndex index;
  private final TopEntries top = new TopEntries();

  private MemoryLists[] holders = new MemoryLists[16];
  private int[] lists = new int[16];
  private int[] weights = new int[16];
  private int[] runs = new int[16];
  private long[] order = new long[16];
  private int asked;

  private final int[] firstAsked;
  private final long[] bounds;
  private final long[] visits;
  private final int[] segmentOf;
  private final int[] firstWindow;

  /** A window's sums, and behind them the largest of each group. */
  private final int[] sums = new int[LARGEST + GROUPS];

  private final long[] selected = new long[GROUPS];
  private final int[] found = new int[MemoryLists.WINDOW];
  private final int[] reached = new int[MemoryLists.WINDOW];

  MemoryScorer(MemoryIndex index) {
    this.index = index;
    List<MemorySegment> segments = index.segments();
    firstAsked = new int[segments.size() + 1];
    firstWindow = new int[segments.size() + 1];
    for (int i = 0; i < segments.size(); i++) {
      firstWindow[i + 1] = firstWindow[i] + segments.get(i).windows();
    }
    int windows = firstWindow[segments.size()];
    bounds = new long[windows];
    visits = new long[windows];
    segmentOf = new int[windows];
    for (int i = 0; i < segments.size(); i++) {
      Arrays.fill(segmentOf, firstWindow[i], firstWindow[i + 1], i);
    }
  }

  /**
   * Returns entries of the k best documents, best first: {@code score << 32 | ~place of docid}.
   *
   * @return null where a score could go beyond an int
   */
  long[] search(EncodedLine query, int k) {
    Arrays.fill(bounds, 0);
    asked = 0;
    if (!ask(query)) {
      return null;
    }
    int windows = 0;
    for (int window = 0; window < bounds.length; window++) {
      if (bounds[window] > Integer.MAX_VALUE) {
        return null;
      }
      if (bounds[window] > 0) {
        visits[windows++] = bounds[window] << Integer.SIZE | window;
      }
    }
    if (windows == 0) {
      return new long[0];
    }
    Arrays.sort(visits, 0, windows);
    top.start(k, known(k), (int) (visits[windows - 1] >>> Integer.SIZE));
    while (--windows >= 0 && visits[windows] >>> Integer.SIZE >= top.threshold()) {
      visit((int) visits[windows]);
    }
    return top.best();
  }

  /** Finds the lists of a query and the bounds of windows. */
  private boolean ask(EncodedLine query) {
    List<MemorySegment> segments = index.segments();
    for (int i = 0; i < segments.size(); i++) {
      MemorySegment segment = segments.get(i);
      firstAsked[i] = asked;
      for (int token = 0; token < query.size(); token++) {
        int term = segment.find(query.token(token));
        if (term >= 0 && !ask(segment.range(term), term, query.impact(token), firstWindow[i])) {
          return false;
        }
      }
    }
    firstAsked[segments.size()] = asked;
    return true;
  }

  private boolean ask(MemorySegment.Range range, int term, int impact, int base) {
    MemoryLists holder = range.lists();
    int local = range.local(term);
    for (int list = holder.firstList(local); list < holder.firstList(local + 1); list++) {
      long weight = (long) impact << holder.shift(list);
      for (int run = holder.firstRun(list); run < holder.firstRun(list + 1); run++) {
        bounds[base + holder.window(run)] += weight * holder.largest(run);
      }
      if (weight > Integer.MAX_VALUE) {
        return false;
      }
      if (asked == lists.length) {
        grow();
      }
      holders[asked] = holder;
      lists[asked] = list;
      weights[asked++] = (int) weight;
    }
    return true;
  }

  private void grow() {
    holders = ArrayUtil.grow(holders, asked + 1);
    lists = ArrayUtil.growExact(lists, holders.length);
    weights = ArrayUtil.growExact(weights, holders.length);
    runs = ArrayUtil.growExact(runs, holders.length);
    order = ArrayUtil.growExact(order, holders.length);
  }

  /** Returns a score that the k-th best document reaches by a single list. */
  private int known(int k) {
    int rank = 0;
    while (rank < MemoryLists.RANKS.length && MemoryLists.RANKS[rank] < k) {
      rank++;
    }
    int known = 1;
    if (rank < MemoryLists.RANKS.length) {
      for (int i = 0; i < asked; i++) {
        known = Math.max(known, weights[i] * holders[i].ranked(lists[i], rank));
      }
    }
    return known;
  }

  private void visit(int window) {
    int number = segmentOf[window];
    MemorySegment segment = index.segments().get(number);
    int local = window - firstWindow[number];
    int count = 0;
    for (int i = firstAsked[number]; i < firstAsked[number + 1]; i++) {
      int run = holders[i].run(lists[i], local);
      if (run >= 0) {
        runs[i] = run;
        order[count++] = (long) weights[i] * holders[i].largest(run) << Integer.SIZE | i;
      }
    }
    Arrays.sort(order, 0, count);
    int optional = 0;
    int rest = 0;
    while (optional < count && rest + bound(optional) < top.threshold()) {
      rest += bound(optional++);
    }
    int start = local << MemoryLists.BITS;
    int documents = Math.min(MemoryLists.WINDOW, segment.maxDoc - start);
    int postings = 0;
    for (int place = optional; place < count; place++) {
      addRun(place, documents);
      int i = (int) order[place];
      postings += holders[i].count(runs[i]);
    }
    int taken = postings < FEW ? takeFew(optional, count, rest) : take(optional, rest);
    while (taken < 0) {
      // There are so many documents left that adding a run is less than looking them up in it.
      rest -= bound(--optional);
      addRun(optional, documents);
      taken = take(optional, rest);
    }
    if (postings >= FEW) {
      Arrays.fill(sums, 0, documents, 0);
    }
    lookUp(optional, rest, taken, segment.docBase + start);
  }

  private int bound(int place) {
    return (int) (order[place] >>> Integer.SIZE);
  }

  private void addRun(int place, int documents) {
    int i = (int) order[place];
    holders[i].add(runs[i], weights[i], sums, documents);
  }

  /** Takes documents as take does, by the runs that were added up, and clears their sums. */
  private int takeFew(int optional, int count, int rest) {
    int taken = 0;
    for (int place = optional; place < count; place++) {
      int i = (int) order[place];
      int least = top.threshold() - rest;
      taken = holders[i].take(runs[i], least, sums, found, reached, taken);
    }
    return taken;
  }

  /**
   * Takes the documents whose sums may reach the threshold with the rest of the query, by all sums.
   *
   * @return -1 where the next optional run had better be added up
   */
  private int take(int optional, int rest) {
    if (!top.isFull() && top.k() <= GROUPS) {
      compare(sums);
      raise();
    }
    int most = optional == 0 ? MemoryLists.WINDOW : most(optional - 1);
    mark(sums, Math.max(1, top.threshold() - rest));
    int taken = 0;
    for (int group = 0; group < GROUPS; group++) {
      int marks = sums[LARGEST + group];
      if (marks == 0) {
        continue;
      }
      for (; marks != 0; marks &= marks - 1) {
        int row = group + Integer.numberOfTrailingZeros(marks) * GROUPS;
        found[taken] = row;
        reached[taken++] = sums[row];
      }
      if (taken > most) {
        return -1;
      }
    }
    return taken;
  }

  /**
   * Writes the largest sum of each group. All in one array and at distances that are constants:
   * of two arrays Java does not know that they are not the same, and compares one by one.
   */
  private static void compare(int[] sums) {
    for (int i = 0; i < GROUPS; i++) {
      int m0 = Math.max(sums[i], sums[i + 1 * GROUPS]);
      int m1 = Math.max(sums[i + 2 * GROUPS], sums[i + 3 * GROUPS]);
      int m2 = Math.max(sums[i + 4 * GROUPS], sums[i + 5 * GROUPS]);
      int m3 = Math.max(sums[i + 6 * GROUPS], sums[i + 7 * GROUPS]);
      int m4 = Math.max(sums[i + 8 * GROUPS], sums[i + 9 * GROUPS]);
      int m5 = Math.max(sums[i + 10 * GROUPS], sums[i + 11 * GROUPS]);
      int m6 = Math.max(sums[i + 12 * GROUPS], sums[i + 13 * GROUPS]);
      int m7 = Math.max(sums[i + 14 * GROUPS], sums[i + 15 * GROUPS]);
      int n0 = Math.max(m0, m1);
      int n1 = Math.max(m2, m3);
      int n2 = Math.max(m4, m5);
      int n3 = Math.max(m6, m7);
      sums[i + LARGEST] = Math.max(Math.max(n0, n1), Math.max(n2, n3));
    }
  }

  /** Writes a bit for each sum of each group, which is set where the sum reaches a number. */
  private static void mark(int[] sums, int least) {
    int below = least - 1; // minus a sum that reaches it, that is negative
    for (int i = 0; i < GROUPS; i++) {
      int m0 = (below - sums[i]) >>> 31;
      int m1 = (below - sums[i + 1 * GROUPS]) >>> 31 << 1;
      int m2 = (below - sums[i + 2 * GROUPS]) >>> 31 << 2;
      int m3 = (below - sums[i + 3 * GROUPS]) >>> 31 << 3;
      sums[i + LARGEST] = m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < GROUPS; i++) {
      int m0 = (below - sums[i + 4 * GROUPS]) >>> 31 << 4;
      int m1 = (below - sums[i + 5 * GROUPS]) >>> 31 << 5;
      int m2 = (below - sums[i + 6 * GROUPS]) >>> 31 << 6;
      int m3 = (below - sums[i + 7 * GROUPS]) >>> 31 << 7;
      sums[i + LARGEST] |= m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < GROUPS; i++) {
      int m0 = (below - sums[i + 8 * GROUPS]) >>> 31 << 8;
      int m1 = (below - sums[i + 9 * GROUPS]) >>> 31 << 9;
      int m2 = (below - sums[i + 10 * GROUPS]) >>> 31 << 10;
      int m3 = (below - sums[i + 11 * GROUPS]) >>> 31 << 11;
      sums[i + LARGEST] |= m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < GROUPS; i++) {
      int m0 = (below - sums[i + 12 * GROUPS]) >>> 31 << 12;
      int m1 = (below - sums[i + 13 * GROUPS]) >>> 31 << 13;
      int m2 = (below - sums[i + 14 * GROUPS]) >>> 31 << 14;
      int m3 = (below - sums[i + 15 * GROUPS]) >>> 31 << 15;
      sums[i + LARGEST] |= m0 | m1 | m2 | m3;
    }
  }

  /** Returns how many documents may be looked up in a run before adding it up takes less time. */
  private int most(int place) {
    int i = (int) order[place];
    int run = runs[i];
    return holders[i].isTable(run) ? MemoryLists.WINDOW : holders[i].count(run) / LOOK_UP;
  }

  /** Raises the threshold to the k-th best of the groups' largest sums. */
  private void raise() {
    int k = top.k();
    int count = 0;
    for (int group = 0; group < GROUPS; group++) {
      int sum = sums[LARGEST + group];
      if (sum > top.threshold()) {
        selected[count++] = sum;
      }
    }
    if (count >= k) {
      TopEntries.select(selected, count, k);
      top.raise((int) selected[k - 1]);
    }
  }

  /** Adds what optional runs give to the documents taken, and hands on those that are left. */
  private void lookUp(int optional, int rest, int taken, int base) {
    int left = taken;
    int open = rest;
    for (int place = optional - 1; place >= 0 && left > 0; place--) {
      int i = (int) order[place];
      open -= bound(place);
      int least = top.threshold() - open;
      int kept = 0;
      for (int at = 0; at < left; at++) {
        int sum = reached[at] + weights[i] * holders[i].impact(runs[i], found[at]);
        if (sum >= least) {
          found[kept] = found[at];
          reached[kept++] = sum;
        }
      }
      left = kept;
    }
    MemoryDocIds docids = index.docids();
    for (int at = 0; at < left; at++) {
      if (reached[at] >= top.threshold()) {
        top.add(reached[at], docids.place(base + found[at]));
      }
    }
  }
}

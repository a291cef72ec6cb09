package io.l0pyserini;

import java.util.Arrays;
import java.util.List;
import org.apache.lucene.util.ArrayUtil;

/**
 * Finds the best documents of a query in a MemoryIndex. Used again for each query of a thread.
 *
 * <p>Windows are visited by falling bound: the sum of weight times largest impact of a query's
 * runs there. Within a window the runs with the least bounds are optional as long as no document
 * can reach the k-th best score with them alone. The others are added up; the optional ones are then
 * looked up for those documents that can still reach it.
 */
final class MemoryScorer {
  /** With fewer postings than this their documents are walked again, not the whole window. */
  private static final int FEW = 512;

  /** Comparing all sums once more takes the time of adding so many postings. */
  private static final int COMPARE = 4096;

  /** Looking a document up in a run takes the time of adding so many postings. */
  private static final int LOOK_UP = 32;

  private final MemoryIndex index;
  private final TopEntries top;

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

  /** Runs of the window at hand that are not added up, by ascending bound; what they can give. */
  private int optional;

  private int rest;

  /** A sum that more documents reached in a window than are worth looking up. */
  private int tooMany;

  private final MemorySums sums = new MemorySums();
  private final int[] found = new int[MemoryLists.WINDOW + 2];
  private final int[] reached = new int[MemoryLists.WINDOW];

  MemoryScorer(MemoryIndex index) {
    this.index = index;
    top = new TopEntries(index.docids()::place);
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
  long[] search(EncodedLine query, int k, Deadline deadline) {
    Arrays.fill(bounds, 0);
    asked = 0;
    tooMany = 0;
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
      deadline.check();
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
    optional = 0;
    rest = 0;
    while (optional < count && rest + bound(optional) < top.threshold()) {
      rest += bound(optional++);
    }
    int start = local << MemoryLists.BITS;
    int documents = Math.min(MemoryLists.WINDOW, segment.maxDoc - start);
    int postings = 0;
    for (int place = optional; place < count; place++) {
      addRun(place, documents);
      postings += postings(place);
    }
    lookUp(postings < FEW ? takeFew(count) : takeMany(documents), segment.docBase + start);
  }

  private int bound(int place) {
    return (int) (order[place] >>> Integer.SIZE);
  }

  private int postings(int place) {
    int i = (int) order[place];
    return holders[i].count(runs[i]);
  }

  private void addRun(int place, int documents) {
    int i = (int) order[place];
    holders[i].add(runs[i], weights[i], sums.sums, documents);
  }

  /** Takes documents as take does, by the runs that were added up, and clears their sums. */
  private int takeFew(int count) {
    int taken = 0;
    for (int place = optional; place < count; place++) {
      int i = (int) order[place];
      int least = top.threshold() - rest;
      taken = holders[i].take(runs[i], least, sums.sums, found, reached, taken);
    }
    return taken;
  }

  /**
   * Takes the documents whose sums may reach the threshold with the rest of the query, by all sums,
   * once those runs are added up that take less time than what it saves to leave them out.
   */
  private int takeMany(int documents) {
    addSmall(documents);
    while (optional > 0 && top.threshold() - rest <= tooMany) {
      addNext(documents);
      addSmall(documents);
    }
    int taken = take();
    while (taken < 0) {
      tooMany = top.threshold() - rest;
      addNext(documents);
      addSmall(documents);
      taken = take();
    }
    sums.clear(documents);
    return taken;
  }

  private void addSmall(int documents) {
    while (optional > 0 && postings(optional - 1) < COMPARE) {
      addNext(documents);
    }
  }

  private void addNext(int documents) {
    rest -= bound(--optional);
    addRun(optional, documents);
  }

  /** Takes documents, -1 if there are so many that adding a run is less than looking them up. */
  private int take() {
    if (!top.isFull()) {
      top.raise(sums.reachedBy(top.k(), top.threshold()));
    }
    int most = optional == 0 ? MemoryLists.WINDOW : most(optional - 1);
    return sums.take(Math.max(1, top.threshold() - rest), most, found, reached);
  }

  /** Returns how many documents may be looked up in a run before adding it up takes less time. */
  private int most(int place) {
    int i = (int) order[place];
    int run = runs[i];
    return holders[i].isTable(run) ? MemoryLists.WINDOW : holders[i].count(run) / LOOK_UP;
  }

  /** Adds what optional runs give to the documents taken, and hands on those that are left. */
  private void lookUp(int taken, int base) {
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
    for (int at = 0; at < left; at++) {
      if (reached[at] >= top.threshold()) {
        top.add(reached[at], base + found[at]);
      }
    }
  }
}

package io.l0pyserini;

import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RecursiveAction;
import java.util.function.LongConsumer;
import org.apache.lucene.util.NumericUtils;

/**
 * Recursive graph bisection: an order of documents in which those that share tokens are neighbours.
 *
 * <p>Dhulipala et al., KDD 2016, arXiv 1602.08820, algorithms 1 and 2. The documents are halved so
 * that the tokens' postings need few bits when written as gaps, then each half is halved again. A
 * half begins with its documents in the order given, so an order that was good helps. Swaps must
 * gain more bits the longer a half is worked on, as in Mackenzie et al., SIGIR 2021.
 *
 * <p>The order is the same whatever the number of threads: these only share out documents and
 * halves, whose sums are taken one after another. Memory beside the forward index: 28 bytes for
 * each document, and 20 for each token and thread.
 */
public final class GraphBisection {
  /** So few documents keep the order they came in: less than a block of Lucene's postings. */
  private static final int SMALLEST = 32;

  private static final int ITERATIONS = 20;

  /** So many documents are worth sharing between threads. */
  private static final int SHARED = 1 << 10;

  private final int[] starts;
  private final int[] tokens;
  private final int vocabulary;
  private final LongConsumer progress;
  private final int[] order;
  private final float[] gains;
  private final float[] worth;
  private final Queue<Halves> idle = new ConcurrentLinkedQueue<>();

  private GraphBisection(int[] starts, int[] tokens, int vocabulary, LongConsumer progress) {
    this.starts = starts;
    this.tokens = tokens;
    this.vocabulary = vocabulary;
    this.progress = progress;
    int documents = starts.length - 1;
    gains = new float[documents];
    order = new int[documents];
    Arrays.setAll(order, document -> document);
    worth = new float[documents + 2];
    for (int degree = 1; degree < worth.length; degree++) {
      worth[degree] = (float) (bits(degree) - bits(degree - 1));
    }
  }

  /**
   * Returns the documents of a forward index in their new order.
   *
   * @param starts where each document's tokens begin, and where the last one's end
   * @param tokens numbers from 0, each once in a document
   * @param vocabulary one more than the greatest token
   * @param progress is told how many documents were halved; documents times levels in all
   */
  static int[] order(
      int[] starts, int[] tokens, int vocabulary, int threads, LongConsumer progress) {
    GraphBisection bisection = new GraphBisection(starts, tokens, vocabulary, progress);
    try (ForkJoinPool pool = new ForkJoinPool(threads)) {
      pool.invoke(bisection.new Part(0, starts.length - 1));
    }
    return bisection.order;
  }

  /** Returns how often so many documents are halved. */
  static int levels(int documents) {
    int levels = 0;
    for (int size = documents; size > SMALLEST; size = (size + 1) / 2) {
      levels++;
    }
    return levels;
  }

  /** Returns the sum over postings of log2 of the gap to the posting before, in an order. */
  public static double logGaps(int[] starts, int[] tokens, int vocabulary, int[] order) {
    int[] last = new int[vocabulary];
    Arrays.fill(last, -1);
    double sum = 0;
    for (int place = 0; place < order.length; place++) {
      double product = 1;
      for (int i = starts[order[place]]; i < starts[order[place] + 1]; i++) {
        product *= place - last[tokens[i]];
        last[tokens[i]] = place;
        if (product > 1e200) {
          sum += log2(product);
          product = 1;
        }
      }
      sum += log2(product);
    }
    return sum;
  }

  private static double log2(double number) {
    // StrictMath gives the same bits on every machine, and so the same order.
    return StrictMath.log(number) / StrictMath.log(2);
  }

  /** What a half saves with a token in so many of its documents: d log2(n / (d + 1)) without n. */
  private static double bits(int degree) {
    return degree * log2(degree + 1);
  }

  /** Orders a slice by halving it. */
  private final class Part extends RecursiveAction {
    private static final long serialVersionUID = 1;
    private final int from;
    private final int to;

    Part(int from, int to) {
      this.from = from;
      this.to = to;
    }

    @Override
    protected void compute() {
      if (to - from <= SMALLEST) {
        return;
      }
      int middle = (from + to) >>> 1;
      Halves halves = idle.poll();
      halves = halves == null ? new Halves() : halves;
      halves.split(from, middle, to);
      idle.add(halves);
      Arrays.sort(order, from, middle);
      Arrays.sort(order, middle, to);
      progress.accept(to - from);
      invokeAll(new Part(from, middle), new Part(middle, to));
    }
  }

  /** Computes for a slice of documents what each gains by going to the other half. */
  private final class Gains extends RecursiveAction {
    private static final long serialVersionUID = 1;
    private final int from;
    private final int to;
    private final float[] gain;

    Gains(int from, int to, float[] gain) {
      this.from = from;
      this.to = to;
      this.gain = gain;
    }

    @Override
    protected void compute() {
      if (to - from > SHARED) {
        int middle = (from + to) >>> 1;
        invokeAll(new Gains(from, middle, gain), new Gains(middle, to, gain));
        return;
      }
      for (int place = from; place < to; place++) {
        float sum = 0;
        for (int i = starts[order[place]]; i < starts[order[place] + 1]; i++) {
          sum += gain[tokens[i]];
        }
        gains[place] = sum;
      }
    }
  }

  /** Two halves of a slice: their tokens' degrees, and what a token gains by moving. */
  private final class Halves {
    private final int[] left = new int[vocabulary];
    private final int[] right = new int[vocabulary];
    private final float[] toRight = new float[vocabulary];
    private final float[] toLeft = new float[vocabulary];
    private final int[] met = new int[vocabulary];

    void split(int from, int middle, int to) {
      int size = 0;
      for (int place = from; place < to; place++) {
        int[] side = place < middle ? left : right;
        for (int i = starts[order[place]]; i < starts[order[place] + 1]; i++) {
          int token = tokens[i];
          if (left[token] + right[token] == 0) {
            met[size++] = token;
          }
          side[token]++;
        }
      }
      for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        for (int i = 0; i < size; i++) {
          int token = met[i];
          toRight[token] = worth[right[token] + 1] - worth[left[token]];
          toLeft[token] = worth[left[token] + 1] - worth[right[token]];
        }
        new Gains(from, middle, toRight).invoke();
        new Gains(middle, to, toLeft).invoke();
        if (!swap(from, middle, to, iteration)) {
          break;
        }
      }
      for (int i = 0; i < size; i++) {
        left[met[i]] = 0;
        right[met[i]] = 0;
      }
    }

    /** Swaps the pairs that together gain more than so many bits; returns whether there were any. */
    private boolean swap(int from, int middle, int to, float bits) {
      long[] lefts = candidates(from, middle, bits - best(middle, to));
      long[] rights = candidates(middle, to, bits - best(from, middle));
      int pair = 0;
      for (; pair < Math.min(lefts.length, rights.length); pair++) {
        int one = (int) lefts[pair];
        int other = (int) rights[pair];
        if (gains[one] + gains[other] <= bits) {
          break;
        }
        move(order[one], left, right);
        move(order[other], right, left);
        int moved = order[one];
        order[one] = order[other];
        order[other] = moved;
      }
      return pair > 0;
    }

    private void move(int document, int[] source, int[] target) {
      for (int i = starts[document]; i < starts[document + 1]; i++) {
        source[tokens[i]]--;
        target[tokens[i]]++;
      }
    }

    private float best(int from, int to) {
      float best = gains[from];
      for (int place = from + 1; place < to; place++) {
        best = Math.max(best, gains[place]);
      }
      return best;
    }

    /** Returns the places with a greater gain than a bound, the greatest first, in low 32 bits. */
    private long[] candidates(int from, int to, float bound) {
      long[] found = new long[to - from];
      int size = 0;
      for (int place = from; place < to; place++) {
        if (gains[place] > bound) {
          found[size++] = (long) ~NumericUtils.floatToSortableInt(gains[place]) << 32 | place;
        }
      }
      Arrays.sort(found, 0, size);
      return size == found.length ? found : Arrays.copyOf(found, size);
    }
  }
}

package io.l0pyserini;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Searches a MemoryIndex. Safe for use by several threads: each takes a scorer of its own. */
final class MemorySearch {
  /** Floats hold whole numbers up to here: below it Lucene's scores are the same sums. */
  private static final int EXACT = 1 << 24;

  private final MemoryIndex index;
  private final Queue<Worker> idle = new ConcurrentLinkedQueue<>();

  MemorySearch(MemoryIndex index) {
    this.index = index;
  }

  private static final class Worker {
    final EncodedLine line = new EncodedLine();
    final MemoryScorer scorer;

    Worker(MemoryIndex index) {
      scorer = new MemoryScorer(index);
    }
  }

  MemoryIndex index() {
    return index;
  }

  /**
   * Returns the k best documents' entries, best first: {@code score bits << 32 | ~place of docid}.
   *
   * @return null where scores go beyond what a float holds, so that Lucene has to be asked
   */
  long[] entries(Asked asked, int k, Deadline deadline) {
    Worker worker = idle.poll();
    if (worker == null) {
      worker = new Worker(index);
    }
    asked.read(worker.line);
    long[] entries = worker.scorer.search(worker.line, k, deadline);
    idle.add(worker);
    if (entries == null || entries.length > 0 && TopHits.score(entries[0]) > EXACT) {
      return null;
    }
    for (int i = 0; i < entries.length; i++) {
      int bits = Float.floatToRawIntBits(TopHits.score(entries[i]));
      entries[i] = TopHits.entry(bits, TopHits.document(entries[i]));
    }
    return entries;
  }

  /** Returns the entries of Lucene's documents as those of this index, best first. */
  long[] placed(long[] entries) {
    long[] placed = new long[entries.length];
    for (int i = 0; i < entries.length; i++) {
      int place = index.docids().place(TopHits.document(entries[i]));
      placed[i] = TopHits.entry(TopHits.score(entries[i]), place);
    }
    return TopHits.ordered(placed);
  }

  Ranking ranking(long[] entries) {
    return new MemoryRanking(entries, index.docids());
  }
}

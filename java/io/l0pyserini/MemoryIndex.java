package io.l0pyserini;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Terms;

/** An impact index in memory, read from Lucene's. Shared by threads. */
final class MemoryIndex {
  private final List<MemorySegment> segments = new ArrayList<>();
  private MemoryDocIds docids;

  /** Reads an index with threads; deleted documents are left out. */
  MemoryIndex(IndexReader reader, int threads) throws Exception {
    List<Part> parts = new ArrayList<>();
    parts.add(() -> docids = new MemoryDocIds(reader));
    for (LeafReaderContext leaf : reader.leaves()) {
      MemorySegment segment = new MemorySegment(leaf);
      segments.add(segment);
      segment.ranges().forEach(range -> parts.add(range::read));
    }
    Parallel.forEach(
        parts,
        threads,
        part -> {
          part.read();
          return part;
        },
        part -> {});
  }

  private interface Part {
    void read() throws IOException;
  }

  /** Returns how many postings an index has, deleted documents' too. */
  static long postings(IndexReader reader) throws IOException {
    long postings = 0;
    for (LeafReaderContext leaf : reader.leaves()) {
      Terms terms = leaf.reader().terms(ImpactDocument.CONTENTS);
      postings += terms == null ? 0 : terms.getSumDocFreq();
    }
    return postings;
  }

  List<MemorySegment> segments() {
    return segments;
  }

  MemoryDocIds docids() {
    return docids;
  }

  long postings() {
    return segments.stream().mapToLong(MemorySegment::postings).sum();
  }

  long bytes() {
    return docids.bytes() + segments.stream().mapToLong(MemorySegment::bytes).sum();
  }
}

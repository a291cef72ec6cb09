package io.l0pyserini;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.apache.lucene.util.BytesRef;

/**
 * Documents inverted: for each term, in the order of the terms' bytes, its postings.
 *
 * @param numbers of the terms in the table, in that order
 * @param starts where a term's postings begin; one more tells where the last ones end
 * @param postings the document in the upper half, its impact in the lower
 * @param texts the documents' texts; null where they are not kept
 */
record Inverted(
    TermTable table,
    int[] numbers,
    int[] starts,
    long[] postings,
    Texts docids,
    Texts texts)
    implements InvertedDocuments {

  /** Documents of some chunks in sequence, and where each term's next posting goes. */
  private record Range(List<Parsed> chunks, int firstDocument, int[] next) {}

  /** Inverts chunks, one or more, with a counting sort; they are let go one by one. */
  static Inverted of(List<Parsed> chunks, ExecutorService executor, int threads)
      throws Exception {
    TermTable table = new TermTable();
    Map<TermTable, int[]> numberOf = new IdentityHashMap<>();
    for (Parsed chunk : chunks) {
      numberOf.computeIfAbsent(chunk.terms(), terms -> joined(table, terms));
    }
    int[] ranks = table.ranks();
    for (int[] numbers : numberOf.values()) {
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = ranks[numbers[i]];
      }
    }
    List<Range> ranges = ranges(chunks, table.size(), threads);
    all(executor, ranges, range -> count(range, numberOf));
    int[] starts = starts(ranges, table.size());
    long[] postings = new long[starts[table.size()]];
    Texts docids = new Texts();
    Texts texts = chunks.isEmpty() || chunks.get(0).contents() == null ? null : new Texts();
    for (Parsed chunk : chunks) {
      docids.add(chunk.docids());
      if (texts != null) {
        texts.add(chunk.contents());
      }
    }
    all(executor, ranges, range -> fill(range, numberOf, postings));
    int[] numbers = new int[ranks.length];
    for (int number = 0; number < ranks.length; number++) {
      numbers[ranks[number]] = number;
    }
    return new Inverted(table, numbers, starts, postings, docids, texts);
  }

  int terms() {
    return numbers.length;
  }

  @Override
  public Walk walk() {
    return new InMemory();
  }

  @Override
  public TextWalk contents() {
    if (texts == null) {
      return null;
    }
    int[] document = new int[1];
    return text -> texts.get(document[0]++, text);
  }

  private final class InMemory extends Walk {
    private int rank = -1;

    InMemory() {
      postings = Inverted.this.postings;
    }

    @Override
    boolean next() {
      if (++rank == numbers.length) {
        return false;
      }
      table.get(numbers[rank], term);
      from = starts[rank];
      to = starts[rank + 1];
      return true;
    }
  }

  private static int[] joined(TermTable table, TermTable terms) {
    int[] numbers = new int[terms.size()];
    BytesRef term = new BytesRef();
    for (int i = 0; i < numbers.length; i++) {
      terms.get(i, term);
      numbers[i] = table.add(term);
    }
    return numbers;
  }

  private static List<Range> ranges(List<Parsed> chunks, int terms, int threads) {
    List<Range> ranges = new ArrayList<>();
    int document = 0;
    for (int i = 0; i < threads; i++) {
      int from = (int) ((long) chunks.size() * i / threads);
      int to = (int) ((long) chunks.size() * (i + 1) / threads);
      List<Parsed> own = chunks.subList(from, to);
      ranges.add(new Range(own, document, new int[terms]));
      for (Parsed chunk : own) {
        document += chunk.documents();
      }
    }
    return ranges;
  }

  private static void count(Range range, Map<TermTable, int[]> rankOf) {
    int[] counts = range.next;
    for (Parsed chunk : range.chunks) {
      int[] ranks = rankOf.get(chunk.terms());
      int[] postings = chunk.postings();
      for (int i = 0; i < postings.length; i += 2) {
        counts[ranks[postings[i]]]++;
      }
    }
  }

  /** Makes the ranges' counts the places where their postings go; returns where terms begin. */
  private static int[] starts(List<Range> ranges, int terms) {
    int[] starts = new int[terms + 1];
    int at = 0;
    for (int rank = 0; rank < terms; rank++) {
      starts[rank] = at;
      for (Range range : ranges) {
        int count = range.next[rank];
        range.next[rank] = at;
        at = Math.addExact(at, count);
      }
    }
    starts[terms] = at;
    return starts;
  }

  private static void fill(Range range, Map<TermTable, int[]> rankOf, long[] postings) {
    int[] next = range.next;
    long document = range.firstDocument;
    for (int i = 0; i < range.chunks.size(); i++) {
      Parsed chunk = range.chunks.set(i, null);
      int[] ranks = rankOf.get(chunk.terms());
      int[] parsed = chunk.postings();
      int at = 0;
      for (int end : chunk.ends()) {
        for (; at < end; at += 2) {
          postings[next[ranks[parsed[at]]]++] = document << 32 | parsed[at + 1];
        }
        document++;
      }
    }
  }

  private interface Work {
    void of(Range range);
  }

  private static void all(ExecutorService executor, List<Range> ranges, Work work)
      throws Exception {
    List<Future<?>> done = new ArrayList<>();
    for (Range range : ranges) {
      done.add(executor.submit(() -> work.of(range)));
    }
    for (Future<?> one : done) {
      one.get();
    }
  }
}

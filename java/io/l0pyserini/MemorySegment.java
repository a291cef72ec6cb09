package io.l0pyserini;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;

/** The postings of a segment in memory, in ranges of terms that can be read side by side. */
final class MemorySegment {
  /** Postings of a range, but for a term that has more: 12 MiB in memory. */
  private static final int RANGE = 1 << 22;

  final int docBase;
  final int maxDoc;
  private final LeafReaderContext leaf;
  private final MemoryTerms terms = new MemoryTerms();
  private final List<Range> ranges = new ArrayList<>();

  /** Reads the terms of a segment. */
  MemorySegment(LeafReaderContext leaf) throws IOException {
    this.leaf = leaf;
    docBase = leaf.docBase;
    maxDoc = leaf.reader().maxDoc();
    Terms found = leaf.reader().terms(ImpactDocument.CONTENTS);
    TermsEnum iterator = found == null ? TermsEnum.EMPTY : found.iterator();
    Range last = null;
    for (BytesRef term = iterator.next(); term != null; term = iterator.next()) {
      int df = iterator.docFreq();
      if (last == null || (long) last.postings + df > RANGE) {
        last = new Range(BytesRef.deepCopyOf(term), terms.size());
        ranges.add(last);
      }
      last.terms++;
      last.postings += df;
      terms.add(term);
    }
    terms.end();
  }

  /** Terms that lie one after another. */
  final class Range {
    private final BytesRef first;
    private final int number;
    private int terms;
    private int postings;
    private MemoryLists lists;

    private Range(BytesRef first, int number) {
      this.first = first;
      this.number = number;
    }

    /** Reads the postings of documents that are not deleted. */
    void read() throws IOException {
      MemoryLists read = new MemoryLists(terms, postings);
      ListReader reader = new ListReader(read, leaf.reader().getLiveDocs());
      TermsEnum iterator = leaf.reader().terms(ImpactDocument.CONTENTS).iterator();
      iterator.seekExact(first);
      PostingsEnum found = null;
      for (int i = 0; i < terms; i++) {
        found = iterator.postings(found, PostingsEnum.FREQS);
        reader.read(found);
        iterator.next();
      }
      read.end();
      lists = read;
    }

    MemoryLists lists() {
      return lists;
    }

    /** Returns a term's number in this range. */
    int local(int term) {
      return term - number;
    }
  }

  List<Range> ranges() {
    return ranges;
  }

  int windows() {
    return (maxDoc + MemoryLists.WINDOW - 1) >>> MemoryLists.BITS;
  }

  /** Returns a term's number, -1 where it is none. */
  int find(BytesRef term) {
    return terms.find(term);
  }

  /** Returns the range of a term's number. */
  Range range(int term) {
    int low = 0;
    int high = ranges.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (ranges.get(middle).number <= term) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return ranges.get(low);
  }

  long postings() {
    return ranges.stream().mapToLong(range -> range.lists.postings()).sum();
  }

  long bytes() {
    return terms.bytes() + ranges.stream().mapToLong(range -> range.lists.bytes()).sum();
  }

  /** Turns Lucene's postings into lists, one of them at a time. */
  private static final class ListReader {
    private final MemoryLists lists;
    private final Bits live;
    private final int[] rows = new int[MemoryLists.WINDOW];
    private final int[] impacts = new int[MemoryLists.WINDOW];
    private int window;
    private int count;
    private int[] above = new int[16];
    private int[] excess = new int[16];
    private int exceeding;

    ListReader(MemoryLists lists, Bits live) {
      this.lists = lists;
      this.live = live;
    }

    void read(PostingsEnum found) throws IOException {
      exceeding = 0;
      lists.startTerm();
      lists.startList(0);
      for (int row = found.nextDoc(); row != PostingsEnum.NO_MORE_DOCS; row = found.nextDoc()) {
        if (live == null || live.get(row)) {
          int impact = found.freq();
          if (impact > MemoryLists.LARGEST) {
            exceed(row, impact - MemoryLists.LARGEST);
            impact = MemoryLists.LARGEST;
          }
          add(row, impact);
        }
      }
      endList();
      int all = 0;
      for (int i = 0; i < exceeding; i++) {
        all |= excess[i];
      }
      for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
        if ((all >>> shift & 0xFF) == 0) {
          continue;
        }
        lists.startList(shift);
        for (int i = 0; i < exceeding; i++) {
          int part = excess[i] >>> shift & 0xFF;
          if (part > 0) {
            add(above[i], part);
          }
        }
        endList();
      }
    }

    private void exceed(int row, int impact) {
      above = ArrayUtil.grow(above, exceeding + 1);
      excess = ArrayUtil.grow(excess, exceeding + 1);
      above[exceeding] = row;
      excess[exceeding++] = impact;
    }

    private void add(int row, int impact) {
      if (row >>> MemoryLists.BITS != window) {
        endRun();
        window = row >>> MemoryLists.BITS;
      }
      rows[count] = row & MemoryLists.WINDOW - 1;
      impacts[count++] = impact;
    }

    private void endRun() {
      if (count > 0) {
        lists.addRun(window, rows, impacts, count);
        count = 0;
      }
    }

    private void endList() {
      endRun();
      lists.endList();
    }
  }
}

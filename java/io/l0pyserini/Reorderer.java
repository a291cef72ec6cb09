package io.l0pyserini;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Sorter;
import org.apache.lucene.index.SortingCodecReader;
import org.apache.lucene.store.FSDirectory;

/**
 * Writes an index of one segment anew, its documents in the order of {@link GraphBisection}.
 *
 * <p>Arguments: index folder, threads. Prints {@code reordered N} now and then, and at the end
 * {@code log gaps BEFORE AFTER POSTINGS}. Forward index and halving take half of the heap at most.
 * The index is changed in one commit; both orders lie on the disk until then.
 */
public final class Reorderer {
  private static final long BYTES_A_DOCUMENT = 32;
  private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

  private Reorderer() {}

  public static void main(String[] args) throws IOException {
    IndexWriterConfig config = ImpactIndexer.config();
    config.setOpenMode(IndexWriterConfig.OpenMode.APPEND);
    try (FSDirectory directory = FSDirectory.open(Path.of(args[0]));
        IndexWriter writer = new IndexWriter(directory, config);
        DirectoryReader reader = DirectoryReader.open(writer)) {
      if (reader.leaves().isEmpty()) {
        System.out.println("log gaps 0 0 0");
      } else {
        reorder(writer, reader, Integer.parseInt(args[1]));
      }
    }
  }

  private static void reorder(IndexWriter writer, DirectoryReader reader, int threads)
      throws IOException {
    if (reader.leaves().size() != 1 || reader.hasDeletions()) {
      throw new IOException(
          "expected one segment without deletions, found " + reader.leaves().size() + " segments");
    }
    CodecReader segment = (CodecReader) reader.leaves().get(0).reader();
    writer.deleteAll();
    writer.addIndexes(SortingCodecReader.wrap(segment, map(order(segment, threads)), null));
    writer.commit();
  }

  /** Computes the order; the forward index is let go before the new segment is written. */
  private static int[] order(CodecReader segment, int threads) throws IOException {
    int documents = segment.maxDoc();
    long room = Runtime.getRuntime().maxMemory() / 2 - BYTES_A_DOCUMENT * documents;
    ForwardIndex index = ForwardIndex.of(segment, Math.min(LARGEST_ARRAY, room / Integer.BYTES));
    int[] starts = index.starts();
    int[] tokens = index.tokens();
    int[] order =
        GraphBisection.order(starts, tokens, index.vocabulary(), threads, reporter(documents));
    int[] before = IntStream.range(0, documents).toArray();
    System.out.println(
        "log gaps " + GraphBisection.logGaps(starts, tokens, index.vocabulary(), before) + " "
            + GraphBisection.logGaps(starts, tokens, index.vocabulary(), order) + " "
            + tokens.length);
    return order;
  }

  /** Prints the share of the work that was done, as documents, once a second at most. */
  private static LongConsumer reporter(int documents) {
    int levels = GraphBisection.levels(documents);
    AtomicLong halved = new AtomicLong();
    AtomicLong due = new AtomicLong(System.nanoTime());
    return added -> {
      long done = halved.addAndGet(added) / levels;
      long now = System.nanoTime();
      long at = due.get();
      if (now >= at && due.compareAndSet(at, now + TimeUnit.SECONDS.toNanos(1))) {
        System.out.println("reordered " + done);
      }
    };
  }

  private static Sorter.DocMap map(int[] order) {
    int[] places = new int[order.length];
    for (int place = 0; place < order.length; place++) {
      places[order[place]] = place;
    }
    return new Sorter.DocMap() {
      @Override
      public int oldToNew(int document) {
        return places[document];
      }

      @Override
      public int newToOld(int place) {
        return order[place];
      }

      @Override
      public int size() {
        return order.length;
      }
    };
  }
}

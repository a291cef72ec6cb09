package io.l0pyserini;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.IOUtils;

/**
 * Parts of inverted documents on the disk, one after another, as if they had been inverted at once.
 *
 * <p>A thread reads and joins the terms of all parts ahead of the one that writes them.
 */
final class Spilled implements InvertedDocuments, Closeable {
  /** Postings that are handed over at once, at least. */
  private static final int BATCH = 1 << 16;

  private static final int BATCHES_WAITING = 2;
  private static final Batch END = new Batch();

  private final ExecutorService executor;
  private final List<SpilledPart> parts = new ArrayList<>();
  private final List<Integer> firsts = new ArrayList<>();
  private final Texts docids = new Texts();
  private final List<IndexInput> opened = new ArrayList<>();

  /** Terms in sequence, and where the postings of each end. */
  private static final class Batch {
    private final Texts terms = new Texts();
    private long[] postings = new long[BATCH];
    private int[] ends = new int[64];
    private int size;
  }

  Spilled(ExecutorService executor) {
    this.executor = executor;
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  /** Adds documents behind those that are there. */
  void add(SpilledPart part, Texts more) {
    parts.add(part);
    firsts.add(docids.size());
    docids.add(more);
  }

  @Override
  public Texts docids() {
    return docids;
  }

  @Override
  public Walk walk() {
    BlockingQueue<Batch> queue = new ArrayBlockingQueue<>(BATCHES_WAITING);
    Future<?> reading =
        executor.submit(
            () -> {
              try {
                join(queue);
              } catch (IOException | RuntimeException | Error fault) {
                queue.put(END);
                throw fault;
              }
              queue.put(END);
              return null;
            });
    return new Joined(queue, reading);
  }

  @Override
  public TextWalk contents() throws IOException {
    if (parts.get(0).texts() == null) {
      return null;
    }
    List<IndexInput> inputs = new ArrayList<>();
    for (SpilledPart part : parts) {
      inputs.add(part.openTexts());
      opened.add(inputs.getLast());
    }
    return new PartTexts(inputs);
  }

  /** Removes the files. */
  @Override
  public void close() throws IOException {
    IOUtils.close(opened);
    for (SpilledPart part : parts) {
      part.delete();
    }
    parts.clear();
  }

  private void join(BlockingQueue<Batch> queue) throws IOException, InterruptedException {
    List<SpilledPart.Cursor> cursors = new ArrayList<>();
    Comparator<SpilledPart.Cursor> order = Comparator.comparing(cursor -> cursor.term);
    PriorityQueue<SpilledPart.Cursor> next =
        new PriorityQueue<>(order.thenComparingInt(cursor -> cursor.number));
    try {
      for (int i = 0; i < parts.size(); i++) {
        cursors.add(new SpilledPart.Cursor(parts.get(i), i, firsts.get(i)));
        advance(cursors.get(i), next);
      }
      Batch batch = new Batch();
      while (!next.isEmpty()) {
        take(next, batch);
        if (batch.size >= BATCH) {
          queue.put(batch);
          batch = new Batch();
        }
      }
      queue.put(batch);
    } finally {
      IOUtils.close(cursors);
    }
  }

  /** Moves the first term's postings, from all parts that have it, into a batch. */
  private static void take(PriorityQueue<SpilledPart.Cursor> next, Batch batch)
      throws IOException {
    SpilledPart.Cursor first = next.poll();
    batch.terms.add(first.term);
    BytesRef term = new BytesRef();
    batch.terms.get(batch.terms.size() - 1, term);
    SpilledPart.Cursor cursor = first;
    while (cursor != null) {
      batch.postings = ArrayUtil.grow(batch.postings, Math.addExact(batch.size, cursor.df()));
      cursor.read(batch.postings, batch.size);
      batch.size += cursor.df();
      advance(cursor, next);
      SpilledPart.Cursor other = next.peek();
      cursor = other != null && other.term.equals(term) ? next.poll() : null;
    }
    int count = batch.terms.size();
    batch.ends = ArrayUtil.grow(batch.ends, count);
    batch.ends[count - 1] = batch.size;
  }

  private static void advance(
      SpilledPart.Cursor cursor, PriorityQueue<SpilledPart.Cursor> next) throws IOException {
    if (cursor.next()) {
      next.add(cursor);
    }
  }

  /** Terms as they come from the thread that reads them. */
  private static final class Joined extends Walk {
    private final BlockingQueue<Batch> queue;
    private final Future<?> reading;
    private Batch batch = END;
    private int place;

    Joined(BlockingQueue<Batch> queue, Future<?> reading) {
      this.queue = queue;
      this.reading = reading;
    }

    @Override
    boolean next() throws IOException {
      try {
        while (place == batch.terms.size()) {
          batch = queue.take();
          place = 0;
          to = 0;
          postings = batch.postings;
          if (batch == END) {
            reading.get();
            return false;
          }
        }
      } catch (InterruptedException | ExecutionException fault) {
        throw new IOException(fault.getMessage(), fault);
      }
      batch.terms.get(place, term);
      from = to;
      to = batch.ends[place++];
      return true;
    }
  }

  /** The texts of parts, one after another. */
  private static final class PartTexts implements TextWalk {
    private final List<IndexInput> inputs;
    private final BytesRef read = new BytesRef();
    private int part;

    PartTexts(List<IndexInput> inputs) {
      this.inputs = inputs;
    }

    @Override
    public void next(BytesRef text) throws IOException {
      while (inputs.get(part).getFilePointer() == inputs.get(part).length()) {
        part++;
      }
      SpilledPart.readText(inputs.get(part), read);
      // What the reference points to now may be another's.
      text.bytes = read.bytes;
      text.offset = read.offset;
      text.length = read.length;
    }
  }
}

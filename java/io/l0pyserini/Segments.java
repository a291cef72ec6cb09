package io.l0pyserini;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import org.apache.lucene.index.IndexWriter;

/**
 * Writes parts of inverted documents as segments: all together as one, in one pass of Lucene's, or
 * each as its own. What is more than memory holds, docids above all, begins another segment.
 */
final class Segments implements Closeable {
  /** Of memory for a document beside its docid: its place in an order, and postings read ahead. */
  private static final int DOCUMENT_BYTES = 48;

  private static final long MOST_BYTES = 1L << 30;

  private final IndexWriter writer;
  private final ExecutorService executor;
  private final boolean together;
  private final long most = Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / 4);
  private Spilled spilled;

  Segments(IndexWriter writer, ExecutorService executor, boolean together) {
    this.writer = writer;
    this.executor = executor;
    this.together = together;
    spilled = new Spilled(executor);
  }

  /**
   * Writes a part, or puts it on the disk until more have come.
   *
   * @param last whether no more come
   */
  void add(Inverted part, boolean last) throws IOException {
    if (!together || last && spilled.isEmpty()) {
      write(part);
      return;
    }
    if (part.documents() > 0) {
      spilled.add(SpilledPart.write(writer.getDirectory(), part), part.docids());
    }
    long held = spilled.docids().bytes() + (long) DOCUMENT_BYTES * spilled.documents();
    if (last || held > most) {
      write(spilled);
      spilled.close();
      spilled = new Spilled(executor);
    }
  }

  private void write(InvertedDocuments documents) throws IOException {
    if (documents.documents() > 0) {
      writer.addIndexes(new InvertedReader(documents, executor));
    }
  }

  @Override
  public void close() throws IOException {
    spilled.close();
  }
}

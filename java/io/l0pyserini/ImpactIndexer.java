package io.l0pyserini;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.anserini.search.similarity.ImpactSimilarity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;

/**
 * Builds an impact index from JsonVectorCollection files, writing each impact as a term frequency.
 *
 * <p>Anserini's IndexCollection writes a token as often as its impact says and has Lucene count it
 * again; the fields, postings and doc values here are the same. Arguments: index folder, threads,
 * memory buffer in MB, then the files in order. Prints {@code indexed N} now and then and at the end.
 */
public final class ImpactIndexer {
  private static final int BATCH_LINES = 128;
  private static final int BATCHES_WAITING = 16;
  private static final long REPORT_SECONDS = 1;
  private static final List<String> END = List.of();

  private final IndexWriter writer;
  private final BlockingQueue<List<String>> queue = new ArrayBlockingQueue<>(BATCHES_WAITING);
  private final AtomicLong indexed = new AtomicLong();
  private final JsonFactory json = new JsonFactory();

  private ImpactIndexer(IndexWriter writer) {
    this.writer = writer;
  }

  public static void main(String[] args) throws Exception {
    int threads = Integer.parseInt(args[1]);
    IndexWriterConfig config = new IndexWriterConfig();
    config.setSimilarity(new ImpactSimilarity());
    config.setOpenMode(IndexWriterConfig.OpenMode.CREATE);
    config.setRAMBufferSizeMB(Double.parseDouble(args[2]));
    config.setUseCompoundFile(false);
    try (FSDirectory directory = FSDirectory.open(Path.of(args[0]));
        IndexWriter writer = new IndexWriter(directory, config)) {
      ImpactIndexer indexer = new ImpactIndexer(writer);
      indexer.run(List.of(args).subList(3, args.length), threads);
      writer.forceMerge(1);
      writer.commit();
      System.out.println("indexed " + indexer.indexed);
    }
  }

  /** One thread reads lines, the others parse and index them. */
  private void run(List<String> files, int threads) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> workers = new ArrayList<>();
      Callable<Void> task = this::work;
      for (int i = 0; i < threads; i++) {
        workers.add(executor.submit(task));
      }
      for (String file : files) {
        read(Path.of(file), workers);
      }
      for (int i = 0; i < threads; i++) {
        put(END, workers);
      }
      for (Future<?> worker : workers) {
        worker.get();
      }
    } finally {
      executor.shutdownNow();
    }
  }

  private void read(Path file, List<Future<?>> workers) throws Exception {
    InputStream bytes = Files.newInputStream(file);
    if (file.toString().endsWith(".gz")) {
      bytes = new GZIPInputStream(bytes, 1 << 16);
    }
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8), 1 << 20)) {
      List<String> batch = new ArrayList<>(BATCH_LINES);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        batch.add(line);
        if (batch.size() == BATCH_LINES) {
          put(batch, workers);
          batch = new ArrayList<>(BATCH_LINES);
        }
      }
      if (!batch.isEmpty()) {
        put(batch, workers);
      }
    }
  }

  /** Waits for room in the queue, unless a worker has failed: then its error is thrown. */
  private void put(List<String> batch, List<Future<?>> workers) throws Exception {
    while (!queue.offer(batch, REPORT_SECONDS, TimeUnit.SECONDS)) {
      for (Future<?> worker : workers) {
        if (worker.isDone()) {
          worker.get();
        }
      }
    }
  }

  private Void work() throws Exception {
    DocumentMaker maker = new DocumentMaker();
    long reported = System.nanoTime();
    for (List<String> batch = queue.take(); batch != END; batch = queue.take()) {
      for (String line : batch) {
        Document document = maker.make(line);
        if (document != null) {
          writer.addDocument(document);
          indexed.incrementAndGet();
        }
      }
      if (System.nanoTime() - reported > TimeUnit.SECONDS.toNanos(REPORT_SECONDS)) {
        reported = System.nanoTime();
        System.out.println("indexed " + indexed);
      }
    }
    return null;
  }

  /** Turns a line into a Lucene document; one for each thread, because it is used again. */
  private final class DocumentMaker {
    private final Document document = new Document();
    private final StringField id = new StringField("id", "", Field.Store.YES);
    private final BinaryDocValuesField idValue = new BinaryDocValuesField("id", new BytesRef());
    private final ImpactTokenStream impacts = new ImpactTokenStream();

    DocumentMaker() {
      FieldType type = new FieldType();
      type.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
      type.freeze();
      document.add(id);
      document.add(idValue);
      document.add(new Field("contents", impacts, type));
    }

    /** Returns the document of a line; null for a vector without any token, which Lucene lacks. */
    Document make(String line) throws IOException {
      String docid = null;
      impacts.clear();
      try (JsonParser parser = json.createParser(line)) {
        expect(parser.nextToken() == JsonToken.START_OBJECT, line);
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String key = parser.currentName();
          JsonToken value = parser.nextToken();
          if (key.equals("id")) {
            docid = parser.getText();
          } else if (key.equals("vector")) {
            expect(value == JsonToken.START_OBJECT, line);
            while (parser.nextToken() != JsonToken.END_OBJECT) {
              String token = parser.currentName();
              expect(parser.nextToken() == JsonToken.VALUE_NUMBER_INT, line);
              impacts.add(token, parser.getIntValue());
            }
          } else {
            parser.skipChildren();
          }
        }
      }
      expect(docid != null, line);
      if (impacts.isEmpty()) {
        return null;
      }
      id.setStringValue(docid);
      idValue.setBytesValue(new BytesRef(docid));
      return document;
    }

    private void expect(boolean holds, String line) throws IOException {
      if (!holds) {
        throw new IOException(
            "not {\"id\", \"contents\", \"vector\": {token: impact}}: "
                + line.substring(0, Math.min(80, line.length())));
      }
    }
  }
}

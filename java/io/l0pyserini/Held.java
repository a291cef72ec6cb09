package io.l0pyserini;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.TermState;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;

/**
 * What an index holds: of each token its document frequency and summed impacts, and the digest of
 * all (docid, token, impact), as l0pyserini/encode/digest.py defines it, which tells documents whose
 * impacts were exchanged, as no token's totals do.
 *
 * <p>One pass over tokens and postings; for each thread 8 bytes a document.
 */
public final class Held {
  /** Tokens that are handed over at once. */
  private static final int BATCH = 256;

  private static final int BATCHES_WAITING = 16;

  private final TreeMap<BytesRef, long[]> totals = new TreeMap<>();
  private final ExecutorService executor;
  private final int threads;
  private long digest;

  /** Some tokens of a segment, and where their postings are. */
  private record Batch(List<BytesRef> tokens, List<TermState> states) {
    Batch() {
      this(new ArrayList<>(BATCH), new ArrayList<>(BATCH));
    }
  }

  private Held(ExecutorService executor, int threads) {
    this.executor = executor;
    this.threads = threads;
  }

  /** Reads an index. */
  public static Held of(IndexReader reader, int threads) throws Exception {
    ExecutorService executor = Executors.newCachedThreadPool();
    try {
      Held held = new Held(executor, threads);
      for (LeafReaderContext leaf : reader.leaves()) {
        held.read(leaf.reader());
      }
      return held;
    } catch (ExecutionException fault) {
      throw Parallel.cause(fault);
    } finally {
      executor.shutdownNow();
    }
  }

  /** Returns 16 hexadecimal digits; deleted documents do not count. */
  public String digest() {
    return String.format("%016x", digest);
  }

  /**
   * Returns a line for each token: {@code df TAB summed impacts TAB token}; deleted ones count. A
   * backslash stands before itself, and line ends are {@code \\n} and {@code \\r}: another tool's
   * tokens may hold anything.
   */
  public String totals() {
    StringBuilder lines = new StringBuilder();
    totals.forEach(
        (token, sums) -> {
          lines.append(sums[0]).append('\t').append(sums[1]).append('\t');
          lines.append(escaped(token.utf8ToString())).append('\n');
        });
    return lines.toString();
  }

  private static String escaped(String token) {
    if (token.indexOf('\\') < 0 && token.indexOf('\n') < 0 && token.indexOf('\r') < 0) {
      return token;
    }
    return token.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
  }

  private void read(LeafReader segment) throws Exception {
    long perThread = (long) Long.BYTES * segment.maxDoc() + 1;
    long most = Runtime.getRuntime().maxMemory() / 4 / perThread;
    int count = (int) Math.max(1, Math.min(threads, most));
    Workers<Batch, long[]> workers =
        new Workers<>(executor, count, BATCHES_WAITING, batches -> weightedSums(segment, batches));
    Terms terms = segment.terms(ImpactDocument.CONTENTS);
    TermsEnum found = terms == null ? TermsEnum.EMPTY : terms.iterator();
    Batch batch = new Batch();
    for (BytesRef term = found.next(); term != null; term = found.next()) {
      BytesRef token = BytesRef.deepCopyOf(term);
      count(token, found);
      batch.tokens.add(token);
      batch.states.add(found.termState());
      if (batch.tokens.size() == BATCH) {
        workers.put(batch);
        batch = new Batch();
      }
    }
    workers.put(batch);
    List<long[]> sums = workers.finish();
    List<Future<Long>> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int from = (int) ((long) segment.maxDoc() * i / count);
      int to = (int) ((long) segment.maxDoc() * (i + 1) / count);
      parts.add(executor.submit(() -> ofDocuments(segment, sums, from, to)));
    }
    for (Future<Long> part : parts) {
      digest += part.get();
    }
  }

  private void count(BytesRef token, TermsEnum found) throws IOException {
    long[] sums = totals.computeIfAbsent(token, absent -> new long[2]);
    sums[0] += found.docFreq();
    sums[1] += found.totalTermFreq();
  }

  /** Returns for each document the sum of its impacts, each times its token's number. */
  private static long[] weightedSums(LeafReader segment, Workers.Items<Batch> batches)
      throws Exception {
    long[] sums = new long[segment.maxDoc()];
    MessageDigest sha256 = sha256();
    Terms terms = segment.terms(ImpactDocument.CONTENTS);
    TermsEnum found = terms == null ? TermsEnum.EMPTY : terms.iterator();
    PostingsEnum postings = null;
    for (Batch batch = batches.take(); batch != null; batch = batches.take()) {
      for (int i = 0; i < batch.tokens.size(); i++) {
        BytesRef token = batch.tokens.get(i);
        sha256.update(token.bytes, token.offset, token.length);
        long number = ByteBuffer.wrap(sha256.digest()).getInt() & 0xFFFFFFFFL;
        found.seekExact(token, batch.states.get(i));
        postings = found.postings(postings, PostingsEnum.FREQS);
        for (int row = postings.nextDoc(); row != DocIdSetIterator.NO_MORE_DOCS; ) {
          sums[row] += number * postings.freq();
          row = postings.nextDoc();
        }
      }
    }
    return sums;
  }

  /** Returns the sum of the digests of a segment's documents in a range. */
  private static long ofDocuments(LeafReader segment, List<long[]> sums, int from, int to)
      throws IOException {
    MessageDigest sha256 = sha256();
    Bits live = segment.getLiveDocs();
    BinaryDocValues docids = DocValues.getBinary(segment, ImpactDocument.ID);
    long digests = 0;
    for (int row = from; row < to; row++) {
      if (live == null || live.get(row)) {
        if (!docids.advanceExact(row)) {
          throw DocIds.missing(row);
        }
        BytesRef docid = docids.binaryValue();
        long sum = 0;
        for (long[] one : sums) {
          sum += one[row];
        }
        sha256.update(docid.bytes, docid.offset, docid.length);
        sha256.update(("\t" + Long.toUnsignedString(sum)).getBytes(StandardCharsets.US_ASCII));
        digests += ByteBuffer.wrap(sha256.digest()).getLong();
      }
    }
    return digests;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException fault) {
      throw new IllegalStateException(fault); // Every Java has it.
    }
  }
}

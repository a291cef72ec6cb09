package io.l0pyserini;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;

/**
 * The digest of all (docid, token, impact) of an index, as l0pyserini/encode/digest.py defines it:
 * it tells documents whose impacts were exchanged, which no token's totals do.
 *
 * <p>One pass over the postings, 8 bytes for each document.
 */
public final class PostingsDigest {
  private final MessageDigest sha256;

  private PostingsDigest() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException fault) {
      throw new IllegalStateException(fault); // Every Java has it.
    }
  }

  /** Returns 16 hexadecimal digits; deleted documents do not count. */
  public static String of(IndexReader reader) throws IOException {
    PostingsDigest digest = new PostingsDigest();
    long sum = 0;
    for (LeafReaderContext leaf : reader.leaves()) {
      sum += digest.segment(reader, leaf);
    }
    return String.format("%016x", sum);
  }

  private long segment(IndexReader reader, LeafReaderContext leaf) throws IOException {
    long[] sums = weightedSums(leaf.reader());
    Bits live = leaf.reader().getLiveDocs();
    int[] documents = new int[leaf.reader().numDocs()];
    int size = 0;
    for (int row = 0; row < sums.length; row++) {
      if (live == null || live.get(row)) {
        documents[size++] = leaf.docBase + row;
      }
    }
    long[] sum = new long[1];
    new DocIds(reader)
        .read(
            documents,
            (place, document, docid) -> sum[0] += ofDocument(docid, sums[document - leaf.docBase]));
    return sum[0];
  }

  /** Returns for each document the sum of its impacts, each times its token's number. */
  private long[] weightedSums(LeafReader segment) throws IOException {
    long[] sums = new long[segment.maxDoc()];
    Terms terms = segment.terms(ImpactDocument.CONTENTS);
    TermsEnum tokens = terms == null ? TermsEnum.EMPTY : terms.iterator();
    PostingsEnum postings = null;
    for (BytesRef token = tokens.next(); token != null; token = tokens.next()) {
      sha256.update(token.bytes, token.offset, token.length);
      long number = ByteBuffer.wrap(sha256.digest()).getInt() & 0xFFFFFFFFL;
      postings = tokens.postings(postings, PostingsEnum.FREQS);
      for (int row = postings.nextDoc(); row != DocIdSetIterator.NO_MORE_DOCS; ) {
        sums[row] += number * postings.freq();
        row = postings.nextDoc();
      }
    }
    return sums;
  }

  private long ofDocument(BytesRef docid, long sum) {
    sha256.update(docid.bytes, docid.offset, docid.length);
    sha256.update(("\t" + Long.toUnsignedString(sum)).getBytes(StandardCharsets.US_ASCII));
    return ByteBuffer.wrap(sha256.digest()).getLong();
  }
}

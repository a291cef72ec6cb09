package io.l0pyserini;

import io.l0pyserini.EncodedFiles.Chunk;
import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.Term;
import org.apache.lucene.util.ArrayUtil;

/**
 * The documents of a chunk that have a token.
 *
 * @param terms to which the numbers of the postings belong
 * @param postings number and impact in turn, of document after document
 * @param ends where a document's postings end
 * @param contents the documents' texts; null where they are not kept
 */
record Parsed(TermTable terms, int[] postings, int[] ends, Texts docids, Texts contents) {

  int documents() {
    return ends.length;
  }

  /** Parses chunks with one table of terms. */
  static final class Parser {
    private final TermTable terms = new TermTable();
    private final EncodedLine line = new EncodedLine();
    private final boolean storeText;
    private final IndexReader before;

    private int[] postings = new int[1 << 16];
    private int size;
    private int[] ends = new int[64];
    private int count;
    private Texts docids;
    private Texts contents;

    /**
     * Begins with no terms.
     *
     * @param before docids that it holds are refused; null for none
     */
    Parser(boolean storeText, IndexReader before) {
      this.storeText = storeText;
      this.before = before;
    }

    Parsed parse(Chunk chunk) throws IOException {
      size = count = 0;
      docids = new Texts();
      contents = storeText ? new Texts() : null;
      byte[] bytes = chunk.bytes();
      for (int start = 0, end; start < chunk.size(); start = end + 1) {
        end = Words.find(bytes, start, chunk.size(), '\n');
        try {
          line.read(bytes, start, end, storeText);
          if (line.size() > 0) {
            add();
          }
        } catch (EncodedLine.Fault fault) {
          throw refusal(chunk, start, fault);
        }
      }
      int[] whole = Arrays.copyOf(postings, size);
      return new Parsed(terms, whole, Arrays.copyOf(ends, count), docids, contents);
    }

    private void add() throws IOException, EncodedLine.Fault {
      if (before != null
          && before.docFreq(new Term(ImpactDocument.ID, line.docidBytes())) > 0) {
        throw new IOException("docid '" + line.docid() + "' is in the index already");
      }
      postings = ArrayUtil.grow(postings, size + 2 * line.size());
      for (int i = 0; i < line.size(); i++) {
        postings[size++] = line.number(i, terms);
        postings[size++] = line.impact(i);
      }
      docids.add(line.docidBytes());
      if (storeText) {
        contents.add(line.contents());
      }
      ends = ArrayUtil.grow(ends, count + 1);
      ends[count++] = size;
    }

    private IOException refusal(Chunk chunk, int start, EncodedLine.Fault fault)
        throws IOException {
      long number = EncodedFiles.lineAt(chunk.file(), chunk.offset() + start);
      String docid = line.docid() == null ? "" : " docid '" + line.docid() + "'";
      return new IOException(
          chunk.file() + ":" + number + docid + ": " + fault.getMessage()
              + "; expected {\"id\", \"contents\", \"vector\": {token: impact}}");
    }
  }
}

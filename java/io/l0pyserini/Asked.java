package io.l0pyserini;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.Query;

/**
 * A query as Python passes it: a line {@code {"id": qid, "vector": {token: impact}}}, in UTF-8.
 *
 * <p>Where two such objects stand in a line, with a tab between them, documents are found with the
 * first and scored anew with the second. In JSON no token can hold a tab or a line end as it is.
 */
final class Asked {
  private final byte[] lines;
  private final int start;
  private final int tab;
  private final int end;
  private String qid;

  private Asked(byte[] lines, int start, int tab, int end) {
    this.lines = lines;
    this.start = start;
    this.tab = tab;
    this.end = end;
  }

  /** Takes lines apart, each of which has an end; they are read when they are searched. */
  static List<Asked> split(byte[] lines) {
    List<Asked> asked = new ArrayList<>();
    for (int start = 0, end; start < lines.length; start = end + 1) {
      end = next(lines, start, '\n', lines.length);
      asked.add(new Asked(lines, start, next(lines, start, '\t', end), end));
    }
    return asked;
  }

  /** Reads an object of a line. */
  static void read(EncodedLine line, byte[] bytes, int start, int end) {
    try {
      line.read(bytes, start, end, false);
    } catch (EncodedLine.Fault fault) {
      throw new IllegalArgumentException("query '" + line.docid() + "': " + fault.getMessage());
    }
  }

  private static int next(byte[] bytes, int start, char wanted, int end) {
    int at = start;
    while (at < end && bytes[at] != wanted) {
      at++;
    }
    return at;
  }

  /** Reads what finds documents. */
  void read(EncodedLine line) {
    read(line, start, tab);
    qid = line.docid();
  }

  private void read(EncodedLine line, int from, int stop) {
    // A copy: reading writes over escaped strings, and a query may be read again.
    byte[] copy = Arrays.copyOfRange(lines, from, stop);
    read(line, copy, 0, copy.length);
  }

  /** Whether what is found is scored anew. */
  boolean again() {
    return tab < end;
  }

  /** Returns the qid, once the query was read. */
  String qid() {
    return qid;
  }

  /** Returns what finds documents; null for a vector without any token. */
  Query query(Terms terms) throws IOException {
    EncodedLine line = new EncodedLine();
    read(line);
    return query(line, terms);
  }

  /** Returns what scores them anew; null where nothing is scored anew. */
  Query whole(Terms terms) throws IOException {
    if (!again()) {
      return null;
    }
    EncodedLine line = new EncodedLine();
    read(line, tab + 1, end);
    return query(line, terms);
  }

  private static Query query(EncodedLine line, Terms terms) throws IOException {
    if (line.size() == 0) {
      return null;
    }
    BooleanQuery.Builder query = new BooleanQuery.Builder();
    for (int i = 0; i < line.size(); i++) {
      Query term = terms.of(line.token(i));
      query.add(new BoostQuery(term, line.impact(i)), BooleanClause.Occur.SHOULD);
    }
    return query.build();
  }
}

package io.l0pyserini;

import java.io.IOException;
import java.util.ArrayList;
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
 *
 * @param query null for a vector without any token
 * @param whole null where nothing is scored anew
 */
record Asked(String qid, Query query, Query whole) {

  /** Reads the queries of lines, each of which has an end. */
  static List<Asked> read(byte[] lines, Terms terms) throws IOException {
    List<Asked> asked = new ArrayList<>();
    EncodedLine line = new EncodedLine();
    for (int start = 0, end; start < lines.length; start = end + 1) {
      end = next(lines, start, '\n', lines.length);
      int tab = next(lines, start, '\t', end);
      Query query = query(line, terms, lines, start, tab);
      Query whole = tab < end ? query(line, terms, lines, tab + 1, end) : null;
      asked.add(new Asked(line.docid(), query, whole));
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

  private static Query query(EncodedLine line, Terms terms, byte[] bytes, int start, int end)
      throws IOException {
    read(line, bytes, start, end);
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

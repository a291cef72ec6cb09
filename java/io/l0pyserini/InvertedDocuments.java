package io.l0pyserini;

import java.io.IOException;
import org.apache.lucene.util.BytesRef;

/** Documents inverted, as {@link InvertedReader} shows them to Lucene: all in sequence. */
interface InvertedDocuments {
  /** The docids, in the order of the documents. */
  Texts docids();

  /** Begins with the first term, in the order of the terms' bytes. */
  Walk walk() throws IOException;

  /** Begins with the first document's text; null where texts are not kept. */
  TextWalk contents() throws IOException;

  default int documents() {
    return docids().size();
  }

  /** Tells that a document holds a token twice. */
  default IOException twice(int document, BytesRef token) {
    BytesRef docid = new BytesRef();
    docids().get(document, docid);
    return new IOException(
        "docid '" + docid.utf8ToString() + "': its vector holds token '" + token.utf8ToString()
            + "' twice; expected each token once");
  }

  /** Goes from term to term. */
  abstract class Walk {
    final BytesRef term = new BytesRef();

    /** The document in the upper half, its impact in the lower; the term's lie between places. */
    long[] postings;

    int from;
    int to;

    /** Goes to the next term; returns false where no more is there. */
    abstract boolean next() throws IOException;
  }

  /** Goes from text to text. */
  interface TextWalk {
    /** Points a reference to the next text; its bytes are only lent. */
    void next(BytesRef text) throws IOException;
  }
}

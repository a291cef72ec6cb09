package io.l0pyserini;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.store.FSDirectory;

/**
 * What a search does, on a small index of its own: Java puts the classes that this loads into an
 * archive (l0pyserini/lucene/archive.py). The argument is a folder to work in.
 */
public final class Rehearsal {
  /** So many hold each token that Lucene packs whole blocks of postings. */
  private static final int DOCUMENTS = 2000;

  private static final String QUERY = "{\"id\":\"1\",\"vector\":{\"a\":200,\"b\":300,\"c\":400}}";
  private static final String TEXT = "A query's stems are found.";

  private Rehearsal() {}

  public static void main(String[] args) throws Exception {
    Path index = Path.of(args[0], "index");
    Path run = Files.createFile(Path.of(args[0], "run"));
    build(index);
    byte[] one = (QUERY + "\n").getBytes(StandardCharsets.UTF_8);
    byte[] twice = (QUERY + "\t" + QUERY + "\n").getBytes(StandardCharsets.UTF_8);
    try (ImpactSearch search = new ImpactSearch(new String[] {index.toString()})) {
      search.df(one);
      search.hits(one, 10, 0, 1, 0);
      search.hits(twice, 10, 100, 2, 0);
      search.writeRun(one, 1000, 0, 2, run.toString(), "rehearsal", false);
      search.texts(new String[] {"1"});
    }
    byte[] text = TEXT.getBytes(StandardCharsets.UTF_8);
    byte[] packed = new byte[Integer.BYTES + text.length];
    packed[0] = (byte) text.length;
    System.arraycopy(text, 0, packed, Integer.BYTES, text.length);
    Stems.of(packed);
  }

  private static void build(Path index) throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 1; i <= DOCUMENTS; i++) {
      String vector = "\"a\":" + (i % 100 + 1) + ",\"b\":" + (i % 7 + 1) + ",\"" + i + "\":" + i;
      lines.append("{\"id\":\"" + i + "\",\"contents\":\"text\",\"vector\":{" + vector + "}}\n");
    }
    Path file = Files.writeString(index.resolveSibling("docs.jsonl"), lines);
    try (FSDirectory directory = FSDirectory.open(index);
        IndexWriter writer = new IndexWriter(directory, ImpactIndexer.config())) {
      new ImpactIndexer(writer, true, true, null, 1, count -> {}).add(List.of(file.toString()));
      writer.forceMerge(1);
      writer.commit();
    }
  }
}

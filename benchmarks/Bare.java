package io.l0pyserini;

import com.sun.management.OperatingSystemMXBean;
import io.anserini.search.similarity.ImpactSimilarity;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.BytesTermAttribute;
import org.apache.lucene.analysis.tokenattributes.TermFrequencyAttribute;
import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.IndexWriterConfig.OpenMode;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.AttributeFactory;
import org.apache.lucene.util.BytesRef;

/**
 * The floors that benchmarks/lucene.py compares with: `parse FILES` only reads encoded files,
 * `index FOLDER NORMS FILES` has an IndexWriter gather documents, with one thread, with or without
 * norms, and `search INDEX QUERIES K RUNS` is Lucene's own top k with ids from doc values, nothing
 * written.
 * Prints CPU seconds, a line for each run.
 */
final class Bare {
  public static void main(String[] args) throws Exception {
    if (args[0].equals("parse")) {
      parse(List.of(args).subList(1, args.length));
    } else if (args[0].equals("index")) {
      index(args[1], Boolean.parseBoolean(args[2]), List.of(args).subList(3, args.length));
    } else {
      search(args[1], args[2], Integer.parseInt(args[3]), Integer.parseInt(args[4]));
    }
  }

  /** CPU nanoseconds of all threads. */
  private static long cpu() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  private static void parse(List<String> files) throws Exception {
    long start = cpu();
    EncodedLine line = new EncodedLine();
    long[] postings = new long[1];
    for (String file : files) {
      EncodedFiles.read(
          Path.of(file),
          chunk -> {
            for (int from = 0, to; from < chunk.size(); from = to + 1) {
              for (to = from; to < chunk.size() && chunk.bytes()[to] != '\n'; to++) {}
              line.read(chunk.bytes(), from, to, false);
              postings[0] += line.size();
            }
          });
    }
    System.out.println((cpu() - start) / 1e9);
  }

  private static void index(String folder, boolean norms, List<String> files) throws Exception {
    long start = cpu();
    EncodedLine line = new EncodedLine();
    FieldType type = new FieldType();
    type.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
    type.setOmitNorms(!norms);
    Field impacts = new Field("contents", new ImpactTokenStream(line), type);
    IndexWriterConfig config = ImpactIndexer.config().setOpenMode(OpenMode.CREATE);
    try (IndexWriter writer = new IndexWriter(FSDirectory.open(Path.of(folder)), config)) {
      for (String file : files) {
        EncodedFiles.read(
            Path.of(file),
            chunk -> {
              for (int from = 0, to; from < chunk.size(); from = to + 1) {
                for (to = from; to < chunk.size() && chunk.bytes()[to] != '\n'; to++) {}
                line.read(chunk.bytes(), from, to, false);
                BytesRef docid = new BytesRef(line.docid());
                writer.addDocument(List.of(new BinaryDocValuesField("id", docid), impacts));
              }
            });
      }
      writer.forceMerge(1);
      writer.commit();
    }
    System.out.println((cpu() - start) / 1e9);
  }

  private static void search(String index, String queries, int k, int runs) throws Exception {
    DirectoryReader reader = DirectoryReader.open(FSDirectory.open(Path.of(index)));
    IndexSearcher searcher = new IndexSearcher(reader);
    searcher.setSimilarity(new ImpactSimilarity());
    List<Query> parsed = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of(queries))) {
      BooleanQuery.Builder query = new BooleanQuery.Builder();
      String[] words = line.split(" ");
      for (int i = 0; i + 1 < words.length; i += 2) {
        Query term = new TermQuery(new Term("contents", words[i]));
        query.add(
            new BoostQuery(term, Integer.parseInt(words[i + 1])), BooleanClause.Occur.SHOULD);
      }
      parsed.add(query.build());
    }
    for (int run = 0; run < runs; run++) {
      long start = cpu();
      long length = 0;
      for (Query query : parsed) {
        for (ScoreDoc hit :
            searcher.search(query, new TopScoreDocCollectorManager(k, null, k)).scoreDocs) {
          LeafReaderContext leaf =
              reader.leaves().get(ReaderUtil.subIndex(hit.doc, reader.leaves()));
          BinaryDocValues ids = leaf.reader().getBinaryDocValues("id");
          ids.advanceExact(hit.doc - leaf.docBase);
          length += ids.binaryValue().length;
        }
      }
      System.out.println((cpu() - start) / 1e9 + (length < 0 ? " " : ""));
    }
  }

  /** Gives each token of a line once, as the bytes it is, with its impact as its frequency. */
  private static final class ImpactTokenStream extends TokenStream {
    private final BytesTermAttribute term;
    private final TermFrequencyAttribute frequency;
    private final EncodedLine line;
    private int next;

    ImpactTokenStream(EncodedLine line) {
      // Lucene's usual factory makes one attribute for all, whose term is made of characters.
      super(AttributeFactory.DEFAULT_ATTRIBUTE_FACTORY);
      this.line = line;
      term = addAttribute(BytesTermAttribute.class);
      frequency = addAttribute(TermFrequencyAttribute.class);
    }

    @Override
    public void reset() {
      // The end of the document before has left another position increment.
      clearAttributes();
      next = 0;
    }

    @Override
    public boolean incrementToken() {
      if (next == line.size()) {
        return false;
      }
      term.setBytesRef(line.token(next));
      frequency.setTermFrequency(line.impact(next));
      next++;
      return true;
    }
  }
}

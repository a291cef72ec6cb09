package io.l0pyserini;

import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.BytesRefBuilder;
import org.apache.lucene.util.BytesRefComparator;
import org.apache.lucene.util.StringSorter;

/** Gives each term a number, from 0 in the order of their coming. */
final class TermTable {
  private static final int FIRST_SLOTS = 1 << 14;

  /** A hash in the upper half, a number + 1 in the lower; 0 where nothing is. */
  private long[] slots = new long[FIRST_SLOTS];

  private final Texts terms = new Texts();

  int size() {
    return terms.size();
  }

  /** Points a reference to a term; its bytes are only lent. */
  void get(int number, BytesRef term) {
    terms.get(number, term);
  }

  /** Returns the hash of bytes with one more. */
  static int hash(int before, byte next) {
    return 31 * before + next;
  }

  static int hash(byte[] bytes, int start, int length) {
    int hash = 0;
    for (int i = start; i < start + length; i++) {
      hash = hash(hash, bytes[i]);
    }
    return hash;
  }

  /** Returns a term's number, which is new where the term is. */
  int add(BytesRef term, int hash) {
    int mask = slots.length - 1;
    int slot = spread(hash) & mask;
    while (slots[slot] != 0) {
      if ((int) (slots[slot] >>> 32) == hash) {
        int number = (int) slots[slot] - 1;
        if (terms.holds(number, term)) {
          return number;
        }
      }
      slot = slot + 1 & mask;
    }
    terms.add(term);
    slots[slot] = (long) hash << 32 | terms.size();
    if (2 * terms.size() > slots.length) {
      grow();
    }
    return terms.size() - 1;
  }

  /** Returns for each number its term's place in the order of the terms' bytes. */
  int[] ranks() {
    int[] numbers = sorted(terms);
    int[] ranks = new int[numbers.length];
    for (int rank = 0; rank < numbers.length; rank++) {
      ranks[numbers[rank]] = rank;
    }
    return ranks;
  }

  /** Returns the places of strings in the order of their bytes. */
  static int[] sorted(Texts texts) {
    int[] places = new int[texts.size()];
    for (int i = 0; i < places.length; i++) {
      places[i] = i;
    }
    new StringSorter(BytesRefComparator.NATURAL) {
      @Override
      protected void get(BytesRefBuilder builder, BytesRef result, int i) {
        texts.get(places[i], result);
      }

      @Override
      protected void swap(int i, int j) {
        int place = places[i];
        places[i] = places[j];
        places[j] = place;
      }
    }.sort(0, places.length);
    return places;
  }

  private void grow() {
    long[] before = slots;
    slots = new long[2 * before.length];
    int mask = slots.length - 1;
    for (long entry : before) {
      if (entry != 0) {
        int slot = spread((int) (entry >>> 32)) & mask;
        while (slots[slot] != 0) {
          slot = slot + 1 & mask;
        }
        slots[slot] = entry;
      }
    }
  }

  /** The lower bits of a hash are those of the last bytes alone. */
  private static int spread(int hash) {
    int spread = hash * 0x9E3779B9;
    return spread ^ spread >>> 15;
  }
}

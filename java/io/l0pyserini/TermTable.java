package io.l0pyserini;

import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.BytesRefBuilder;
import org.apache.lucene.util.BytesRefComparator;
import org.apache.lucene.util.StringSorter;

/** Gives each term a number, from 0 in the order of their coming. */
final class TermTable {
  private static final int FIRST_SLOTS = 1 << 14;
  private static final int LONG = 255;
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;
  private static final long HASH = 0x00FFFFFF00000000L;

  /** What tells of a term in the upper half, a number + 1 in the lower; 0 where nothing is. */
  private long[] slots = new long[FIRST_SLOTS];

  /** Of each term the first and the second eight bytes, in turn. */
  private long[] words = new long[FIRST_SLOTS];

  private final Texts terms = new Texts();

  int size() {
    return terms.size();
  }

  /** Points a reference to a term; its bytes are only lent. */
  void get(int number, BytesRef term) {
    terms.get(number, term);
  }

  int add(BytesRef term) {
    int start = term.offset;
    long second = Words.second(term.bytes, start, term.length);
    return add(term.bytes, start, term.length, Words.first(term.bytes, start, term.length), second);
  }

  /**
   * Returns a term's number, which is new where the term is.
   *
   * @param first eight bytes, as {@link Words#first} has them
   * @param second eight bytes, as {@link Words#second} has them
   */
  int add(byte[] bytes, int start, int length, long first, long second) {
    long told = told(bytes, start, length, first, second);
    int mask = slots.length - 1;
    int slot = (int) (told >>> 32) & mask;
    for (; slots[slot] != 0; slot = slot + 1 & mask) {
      if ((slots[slot] ^ told) >>> 32 == 0) {
        int number = (int) slots[slot] - 1;
        // Of all but long terms the slot and the words tell all.
        if (words[2 * number] == first
            && words[2 * number + 1] == second
            && (length <= 2 * Words.SIZE || terms.holds(number, bytes, start, length))) {
          return number;
        }
      }
    }
    terms.add(bytes, start, length);
    int size = terms.size();
    words = ArrayUtil.grow(words, 2 * size);
    words[2 * size - 2] = first;
    words[2 * size - 1] = second;
    slots[slot] = told | size;
    if (2 * size > slots.length) {
      grow();
    }
    return size - 1;
  }

  /** Returns a hash of 24 bits under the length in 8, all in the upper half. */
  private static long told(byte[] bytes, int start, int length, long first, long second) {
    long hash = (first * MULTIPLIER ^ second) * MULTIPLIER;
    for (int i = 2 * Words.SIZE; i < length; i += Words.SIZE) {
      hash = (hash ^ hash >>> 29 ^ Words.first(bytes, start + i, length - i)) * MULTIPLIER;
    }
    return (hash ^ hash << 21) & HASH | (long) Math.min(length, LONG) << 56;
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
        int slot = (int) (entry >>> 32) & mask;
        while (slots[slot] != 0) {
          slot = slot + 1 & mask;
        }
        slots[slot] = entry;
      }
    }
  }
}

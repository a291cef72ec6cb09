package io.l0pyserini;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Works on items in parallel, in the order in which they stand. */
final class Parallel {
  /** Items of a task at most: handing one over takes the time of a short search. */
  private static final int TASK = 16;

  /** Tasks of a thread at least, so that threads end together. */
  private static final int TASKS = 8;

  private Parallel() {}

  interface Work<Q, T> {
    T apply(Q item) throws Exception;
  }

  interface Sink<T> {
    void accept(T value) throws Exception;
  }

  /** Works on items and hands on the results in their order. */
  static <Q, T> void forEach(List<Q> items, int threads, Work<Q, T> work, Sink<T> sink)
      throws Exception {
    if (threads == 1 || items.size() == 1) {
      for (Q item : items) {
        sink.accept(work.apply(item));
      }
      return;
    }
    int task = Math.max(1, Math.min(TASK, items.size() / threads / TASKS));
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<List<T>>> found = new ArrayList<>();
      for (int start = 0; start < items.size(); start += task) {
        List<Q> part = items.subList(start, Math.min(items.size(), start + task));
        Callable<List<T>> all =
            () -> {
              List<T> results = new ArrayList<>(part.size());
              for (Q item : part) {
                results.add(work.apply(item));
              }
              return results;
            };
        found.add(executor.submit(all));
      }
      for (Future<List<T>> results : found) {
        for (T result : results.get()) {
          sink.accept(result);
        }
      }
    } catch (ExecutionException fault) {
      throw cause(fault);
    } finally {
      executor.shutdownNow();
    }
  }

  /** Returns what a thread threw; memory that ran out is thrown as such, whichever thread it was. */
  static Exception cause(ExecutionException fault) {
    if (fault.getCause() instanceof Error error) {
      throw error;
    }
    return fault.getCause() instanceof Exception cause ? cause : fault;
  }
}

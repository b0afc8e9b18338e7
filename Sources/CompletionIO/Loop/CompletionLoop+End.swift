internal import Glibc
internal import Synchronization
internal import Uring

// Stopping: everything is asked to end, and the loop goes on until it has.
extension CompletionLoop {
  /// Readies the loop for its first turn.
  package func prepareToTurn() {
    wakeReader.arm()
  }

  /// Ends a loop that is stopping and has nothing on its way any more.
  ///
  /// - Parameter preparedCount: Requests that its kernel has not taken.
  /// - Returns: Whether the loop has ended: it must not be turned again.
  package func endIfDrained(preparedCount: Int) -> Bool {
    isStopping && isDrained && preparedCount == 0 && endUnlessCalled()
  }

  var isDrained: Bool {
    guard unsafe jobs.pointee.isEmpty, unsafe !core.pointee.hasWork, taskCount == 0 else {
      return false
    }
    guard operationCount > 0 else { return true }
    if operationCount == 1, wakeReader.isArmed { wakeReader.stop() }
    return false
  }

  /// Ends every operation and connection, then the loop.
  ///
  /// May be called on any thread.
  package func stop() {
    perform { [self] in
      guard !isStopping else { return }
      isStopping = true
      registry.stopAll()
      endAllOperations()
    }
  }

  private func endAllOperations() {
    for slot in unsafe core.pointee.table.slots
    where unsafe core.pointee.table[slot].state != .free {
      if wakeReader.owns(unsafe core.pointee.table.token(of: slot)) { continue }
      unsafe core.pointee.requestCancel(of: slot)
    }
  }

  /// Refuses messages from now on and gives the thread up, unless somebody has called.
  func endUnlessCalled() -> Bool {
    calls.withLock { _ in
      guard inbox.closeIfEmpty() else { return false }
      hasEnded = true
      pool.disown()
      thread.store(0, ordering: .relaxed)
      return true
    }
  }
}

// A loop that has ended still has users: connections that are dropped, tasks that prefer it.
extension CompletionLoop {
  /// Calls a function on the calling thread, and runs the jobs that it adds.
  ///
  /// The loop is the calling thread's meanwhile, so that the function and the jobs find it as they
  /// would have on its own thread, and one waits for the other.
  func afterEnd(_ body: () -> Void) {
    calls.withLock { _ in
      thread.store(UInt(pthread_self()), ordering: .relaxed)
      body()
      while unsafe !jobs.pointee.isEmpty { runJobs() }
      thread.store(0, ordering: .relaxed)
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

// Counts that members of a loop add to.
extension CompletionLoop {
  /// The loop's counts so far; read them on the loop's thread.
  public var statistics: LoopStatistics { core.statistics }

  /// Operations on their way; read it on the loop's thread.
  public var operationCount: Int { core.table.count }

  func countAccepted() { core.statistics.accepted += 1 }

  func countReceived(byteCount: Int) {
    core.statistics.chunksReceived += 1
    core.statistics.bytesReceived += UInt64(byteCount)
  }

  func countSent(byteCount: Int) { core.statistics.bytesSent += UInt64(byteCount) }

  func countSpliced(byteCount: Int) { core.statistics.bytesSpliced += UInt64(byteCount) }

  func countCopiedSend() { core.statistics.sendsCopied += 1 }

  func countBodyFailure() { core.statistics.bodyFailures += 1 }
}

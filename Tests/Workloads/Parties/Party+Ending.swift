import CompletionIO

extension Party {
  /// Gives the connection up in the middle.
  func giveUp() {
    outbound?.senderEnded(.broken)
    abort()
  }

  /// Has a writer that still waits find out that its reader has gone.
  ///
  /// A reader ends when the peer has ended its half, which a peer that echoes does once the writer
  /// has ended its own, or when the connection has failed.
  func abortUnlessFinished() {
    if outbound?.isSenderOpen ?? true { abort() }
  }

  /// Closes in one of several ways, when nobody uses the connection any more.
  func end(_ numbers: inout Numbers) async {
    announceClose()
    switch numbers.within(0...3) {
    case 0: abort()
    case 1: break  // Dropped, which closes it.
    default: await close()
    }
  }
}

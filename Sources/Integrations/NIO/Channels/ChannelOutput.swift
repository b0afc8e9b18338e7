// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import NIOCore
internal import Uring

/// The sending half of a stream channel.
struct ChannelOutput {
  /// What the kernel has of this half.
  enum Sending {
    case idle
    /// A send is with the kernel, of the pieces in these vectors.
    case inKernel(Token, SendVectors)
    /// A send of a file's bytes is with the kernel.
    case inKernelOfFile(Token, FilePiece)
  }

  /// How far the end of this half is.
  enum Ending {
    case open
    /// It ends behind everything that was written.
    case wanted(EventLoopPromise<Void>?)
    case ended
  }

  var writes = PendingWrites()
  var sending = Sending.idle
  var ending = Ending.open
  /// Whether flushed writes are to be sent before the loop submits.
  var isFlushWanted = false
  /// Whether bytes are being sent, so that a flush within has nothing to do.
  var isSendingNow = false

  var isIdle: Bool {
    if case .idle = sending { true } else { false }
  }

  var isOpen: Bool {
    if case .open = ending { true } else { false }
  }
}

/// How flushed bytes go out.
enum SendPath {
  /// By a system call that does not wait.
  case atOnce
  /// By a request for everything that is flushed in a turn of the loop.
  case request

  /// Chooses a path for what a flush has made ready.
  ///
  /// - Parameters:
  ///   - byteCount: Flushed bytes.
  ///   - answerCount: Answers of the kernel in this turn. With few of them a request saves no system
  ///     call, and the peer would wait for the end of the turn.
  /// - Returns: The path.
  static func choose(byteCount: Int, answerCount: Int) -> SendPath {
    isLarge(byteCount) || answerCount <= 2 ? .atOnce : .request
  }

  /// Whether so many bytes are to be sent while they are in the cache, within the flush itself.
  ///
  /// Echoes of 16 and 32 KiB cost 4 to 10 % less by a request, those of 64 KiB 2 to 4 % more.
  static func isLarge(_ byteCount: Int) -> Bool { byteCount >= 64 * 1024 }
}
#endif

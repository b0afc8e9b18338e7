// SPDX-License-Identifier: Apache-2.0

/// The fate of the other end: the only fact that both halves of a stream share.
enum PeerFate: Hashable {
  case alive
  /// The connection is gone, as a half was told.
  case reset(StreamFailure)
  /// Queued bytes that nobody waited for were lost, so that the stream has no good end.
  case lostBytes(StreamFailure)
}

/// How a stream's receiving half has ended.
enum ReceiveEnd: Hashable {
  case endOfStream
  case failed(StreamFailure)
}

extension ReceiveEnd {
  /// Reads the end of a stream with the knowledge of the peer's fate.
  init(afterEndOfStream fate: PeerFate) {
    switch fate {
    case .alive: self = .endOfStream
    case .reset(let failure), .lostBytes(let failure): self = .failed(failure)
    }
  }
}

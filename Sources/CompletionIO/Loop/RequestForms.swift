internal import Uring

/// The forms of requests that a loop uses, because its kernel takes them.
///
/// Where an older kernel lacks a form, the loop takes more steps to the same result.
struct RequestForms {
  /// An accept stays armed (Linux 5.19); otherwise each takes one connection.
  let acceptMultishot: Bool
  /// A receive stays armed (Linux 6.0); otherwise each brings one buffer.
  let receiveMultishot: Bool
  /// A receive or a send waits before it tries (Linux 5.19); otherwise a poll goes before it.
  private let pollFirst: Bool
  /// An accept does too (Linux 6.10).
  private let acceptPollFirst: Bool
  /// An accept answers -EAGAIN instead of waiting (Linux 6.10); otherwise a cancel follows it.
  private let acceptDoNotWait: Bool
  /// A send that waits for all tells how far it came when it is cancelled (Linux 6.1, as
  /// `SENDMSG_ZC`); otherwise each part is told, and the rest is sent then.
  ///
  /// Before, it may say ECANCELED after a part, as 5.15 does in its stable series, and nobody would
  /// know what went out.
  private let countsWholeSends: Bool
  /// A send can do without a copy (Linux 6.0).
  let zeroCopy: Bool
  /// The kernel's workers move bytes through a pipe (Linux 5.7).
  let splices: Bool
  /// A receive takes its buffer only once there are bytes (Linux 5.19); otherwise it must not be
  /// made before, or every idle connection would have a buffer.
  private let lateBuffers: Bool

  init(_ features: KernelFeatures) {
    acceptMultishot = features.contains(.acceptMultishot)
    receiveMultishot = features.contains(.receiveMultishot)
    pollFirst = features.contains(.pollFirst)
    acceptPollFirst = features.contains(.acceptPollFirst)
    acceptDoNotWait = features.contains(.acceptDoNotWait)
    countsWholeSends = features.contains(.sendMessageZeroCopy)
    zeroCopy = features.contains(.sendZeroCopy)
    splices = features.contains(.splice)
    lateBuffers = features.contains(.bufferRing)
  }

  /// The request as it has to start.
  func starting(_ request: Request) -> Request {
    var request = request
    // One that is not to wait has its buffer for no longer than the kernel's answer takes.
    if !lateBuffers, request.options.contains(.selectBuffer), !request.options.contains(.doNotWait)
    {
      request.options.insert(.pollFirst)
    }
    if !countsWholeSends, request.operation != .receive { request.options.remove(.waitForAll) }
    return request
  }

  /// Whether a request that is not to wait would wait, so that a cancel has to go behind it.
  ///
  /// The kernel tries an accept when it takes the request (io_accept). So the cancel finds the accept
  /// only if no connection was waiting, and ECANCELED stands for EAGAIN.
  func needsCancel(_ request: Request) -> Bool {
    request.operation == .accept && request.options.contains(.doNotWait) && !acceptDoNotWait
  }

  /// Whether a poll has to go before a request.
  func needsPoll(_ request: Request) -> Bool {
    guard request.options.contains(.pollFirst) else { return false }
    return request.operation == .accept ? !acceptPollFirst : !pollFirst
  }
}

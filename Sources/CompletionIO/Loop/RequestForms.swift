// SPDX-License-Identifier: Apache-2.0

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
  /// Whether the kernel cannot be told of every request that is not to wait.
  let triesByCancel: Bool

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
    triesByCancel = !pollFirst || !acceptDoNotWait
  }

  /// The request as it has to start.
  func starting(_ request: Request) -> Request {
    var request = request
    // A kernel that can wait first gives the buffer of one that is not to wait back by itself.
    if !lateBuffers, request.options.contains(.selectBuffer),
      !(pollFirst && request.options.contains(.doNotWait))
    {
      request.options.insert(.pollFirst)
    }
    if !countsWholeSends, request.operation != .receive { request.options.remove(.waitForAll) }
    return request
  }

  /// Whether a request that is not to wait, or the poll before it, would wait, so that a cancel has to
  /// go behind it.
  ///
  /// The kernel tries an accept and a poll when it takes the request (io_accept, io_poll_add). So the
  /// cancel finds it only if there was nothing, and ECANCELED stands for EAGAIN.
  func needsCancel(_ request: Request, in phase: Answer.Phase) -> Bool {
    guard request.options.contains(.doNotWait) else { return false }
    switch phase {
    case .request: return request.operation == .accept && !acceptDoNotWait
    case .readiness: return true
    case .writability, .pendingError, .notification: return false
    }
  }

  /// The request as the kernel is to get it.
  ///
  /// A receive that is not to wait and finds nothing loses its buffer: the kernel has taken it out of
  /// the group and tells nobody (io_clean_op, Linux 5.7 to 5.18). Behind a poll it finds something.
  func submitted(_ request: Request) -> Request {
    var request = request
    let losesBuffer = !pollFirst && request.options.contains(.selectBuffer)
    if losesBuffer || needsCancel(request, in: .request) { request.options.remove(.doNotWait) }
    return request
  }

  /// Whether a poll has to go before a request.
  func needsPoll(_ request: Request) -> Bool {
    guard request.options.contains(.pollFirst) else { return false }
    return request.operation == .accept ? !acceptPollFirst : !pollFirst
  }
}

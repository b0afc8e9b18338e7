// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// The first try of each request.
extension ReadinessKernel where Calls: ~Copyable {
  mutating func start(_ entry: Entry) {
    if let timer = entry.timer {
      timers.add(
        KernelTimers.Timer(
          time: calls.now &+ timer.nanoseconds, token: timer.token, target: entry.token))
    }
    let request = WaitingRequest(entry.request, entry.token, hasTimer: entry.timer != nil)
    switch entry.request.operation {
    case .accept, .receive, .receiveMessage, .send, .sendMessage, .connect, .poll, .read:
      if let refusal = Self.refusal(of: entry.request) { return finish(request, refusal) }
      begin(request)
    case .nop:
      finish(request, 0)
    case .cancel, .pollRemove:
      cancel(request)
    case .close:
      finish(request, close(entry.request))
    case .shutdown, .readFile:
      finish(
        request, Self.refusal(of: entry.request) ?? calls.attempt(entry.request))
    case .timeout:
      startTimeout(request)
    // Behind no request (io_link_timeout_prep); and what an old kernel does not know.
    case .linkTimeout, .sendZeroCopy, .message, .splice:
      finish(request, -Errno.invalidArgument.rawValue)
    }
  }

  /// The answer of a kernel without direct descriptors to a request with one.
  private static func refusal(of request: Request) -> Int32? {
    if request.descriptor.isDirect { return -Errno.badFileDescriptor.rawValue }
    if request.options.contains(.intoDirectTable) { return -Errno.invalidArgument.rawValue }
    return nil
  }

  private mutating func begin(_ request: consuming WaitingRequest) {
    let number = Int(request.request.descriptor.rawValue)
    // An event will say when there is something to read, so a try would be in vain.
    if request.side == .reading, watches.indices.contains(number),
      watches[number].facts.contains(.isEmpty)
    {
      if request.mustNotWait {
        return finish(request, -Errno.resourceTemporarilyUnavailable.rawValue)
      }
      return wait(request, goesOn: false)
    }
    // A ring looks for a buffer once there are bytes; without one it waits for them all the same.
    if request.waitsBeforeBuffers, !hasBuffer(of: request.request.bufferGroup),
      calls.attempt(.poll(request.request.descriptor, mask: 0x1)) == 0  // POLLIN (poll(2)).
    {
      return wait(request, goesOn: false)
    }
    switch progress(of: &request) {
    case .done(let result, let flags): finish(request, result, flags)
    case .wait: wait(request, goesOn: false)
    case .goOn: wait(request, goesOn: true)
    }
  }

  /// One try, or several of a request that goes on.
  mutating func progress(of request: inout WaitingRequest) -> Progress {
    switch request.request.operation {
    case .receive: receive(&request)
    case .send: send(&request)
    case .sendMessage: sendMessage(&request)
    case .receiveMessage: receiveMessage(&request)
    case .accept: accept(&request)
    case .connect: connect(&request)
    case .poll: poll(&request)
    case .read: tryOnce(&request)
    case .nop, .pollRemove, .cancel, .shutdown, .close, .message, .timeout, .linkTimeout,
      .readFile, .splice, .sendZeroCopy:
      preconditionFailure("\(request.request.operation) does not wait")
    }
  }

  /// A request that ends with whatever its first success brings.
  mutating func tryOnce(_ request: inout WaitingRequest) -> Progress {
    let result = calls.attempt(request.request)
    return Self.wouldWait(result) && !request.mustNotWait ? .wait : .done(result)
  }

  static func wouldWait(_ result: Int32) -> Bool {
    result == -Errno.resourceTemporarilyUnavailable.rawValue
  }

  /// Closes a descriptor; requests that wait for its file go on, as they do on a ring, which holds
  /// the file.
  private mutating func close(_ request: Request) -> Int32 {
    // Up to Linux 5.14 a close of a place in a table is no close (io_close_prep).
    guard !request.descriptor.isDirect else { return -Errno.invalidArgument.rawValue }
    let descriptor = request.descriptor.rawValue
    if watches.indices.contains(Int(descriptor)), watches[Int(descriptor)].waiterCount > 0 {
      keepOpen(descriptor)
    }
    return calls.attempt(request)
  }
}

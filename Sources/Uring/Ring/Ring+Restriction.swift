// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import SystemPackage

extension Ring {
  /// Lets a ring that started disabled take requests: from now on, of the calling thread.
  ///
  /// With SINGLE_ISSUER the thread that enables a ring owns it (io_register_enable_rings).
  ///
  /// - Returns: 0 or a negated errno; EBADFD for a ring that is enabled already.
  ///
  /// The corresponding C function is `io_uring_enable_rings` (Linux 5.10).
  func enable() -> Int32 {
    unsafe curing_enable(cell)
  }
}

extension RingRestriction {
  /// Gives the kernel the list, once; the ring has to be disabled still.
  ///
  /// A kernel refuses a list with a number that it does not know, of a request or of a
  /// registration (io_register_restrictions). What it does not know cannot be used either, so that
  /// the list says the same without.
  ///
  /// The corresponding C function is `io_uring_register_restrictions` (Linux 5.10).
  func restrict(_ ring: UnsafeMutablePointer<io_uring>) throws(RingSetupError) {
    let known = unsafe knownOpcodes(of: ring)
    for undoing in [Self.undoing, Array(Self.undoing.prefix(1))] {
      var lines = lines(opcodes: opcodes.filter(known.contains), undoing: undoing)
      let result = unsafe curing_restrict(ring, &lines, UInt32(lines.count))
      guard result < 0 else { return }
      let refusal = Errno(rawValue: -result)
      guard refusal == .invalidArgument else { throw .diagnose(refusal) }
    }
    throw RingSetupError(
      errno: .invalidArgument, reason: .kernelTooOld(missing: "restricted rings (Linux 5.10)"))
  }

  /// The kernel's numbers for the requests on the list.
  private var opcodes: [UInt8] {
    var opcodes = operations.map(\.opcode).sorted()
    // Receives are given their buffers by requests where they cannot be registered.
    if operations.contains(.receive) || operations.contains(.receiveMessage) {
      opcodes.append(CURING_OP_PROVIDE_BUFFERS)
    }
    return opcodes
  }

  /// The registrations that closing a ring in order needs, oldest first: Linux 5.1, 5.18, 5.19.
  private static var undoing: [UInt8] {
    [CURING_UNREGISTER_FILES, CURING_UNREGISTER_RING_FDS, CURING_UNREGISTER_PBUF_RING]
  }

  /// The kernel's form of the list; flags of requests are those that ``Request`` writes.
  private func lines(opcodes: [UInt8], undoing: [UInt8]) -> [curing_kernel_restriction] {
    var flags = CURING_SQE_FIXED_FILE | CURING_SQE_BUFFER_SELECT
    if operations.contains(.linkTimeout) { flags |= CURING_SQE_IO_LINK }
    return opcodes.map { curing_restriction(CURING_RESTRICTION_SQE_OP, $0) }
      + undoing.map { curing_restriction(CURING_RESTRICTION_REGISTER_OP, $0) }
      + [curing_restriction(CURING_RESTRICTION_SQE_FLAGS_ALLOWED, flags)]
  }
}

extension Operation {
  /// The kernel's number for it.
  var opcode: UInt8 {
    switch self {
    case .nop: CURING_OP_NOP
    case .accept: CURING_OP_ACCEPT
    case .receive: CURING_OP_RECV
    case .receiveMessage: CURING_OP_RECVMSG
    case .send: CURING_OP_SEND
    case .sendMessage: CURING_OP_SENDMSG
    case .sendZeroCopy: CURING_OP_SEND_ZC
    case .connect: CURING_OP_CONNECT
    case .poll: CURING_OP_POLL_ADD
    case .pollRemove: CURING_OP_POLL_REMOVE
    case .read, .readFile: CURING_OP_READ
    case .splice: CURING_OP_SPLICE
    case .cancel: CURING_OP_ASYNC_CANCEL
    case .shutdown: CURING_OP_SHUTDOWN
    case .close: CURING_OP_CLOSE
    case .message: CURING_OP_MSG_RING
    case .timeout: CURING_OP_TIMEOUT
    case .linkTimeout: CURING_OP_LINK_TIMEOUT
    }
  }
}

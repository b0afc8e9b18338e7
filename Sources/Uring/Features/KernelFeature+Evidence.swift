// SPDX-License-Identifier: Apache-2.0

internal import CLiburing

extension KernelFeature {
  /// The evidence that a kernel has a feature.
  enum Evidence: Hashable {
    /// It takes a flag of io_uring_setup(2).
    case setupFlag(SetupFlags)
    /// It sets a bit of `io_uring_params.features`.
    case featureBit(RingFeatures)
    /// It knows an opcode of requests.
    case opcode(UInt8)
    /// It knows an opcode of io_uring_register(2).
    case registration(UInt32)
    /// It does not refuse a request that uses it.
    ///
    /// No list has these; whoever answers ``KernelFeature/query`` is newer than all of them.
    case trial
  }

  /// The evidence that a kernel has this feature.
  var evidence: Evidence {
    switch self {
    case .submitAll: .setupFlag(.submitAll)
    case .coopTaskrun: .setupFlag(.coopTaskrun)
    case .taskrunFlag: .setupFlag(.taskrunFlag)
    case .singleIssuer: .setupFlag(.singleIssuer)
    case .deferTaskrun: .setupFlag(.deferTaskrun)
    case .noDrop: .featureBit(.noDrop)
    case .submitStable: .featureBit(.submitStable)
    case .fastPoll: .featureBit(.fastPoll)
    case .extendedArgument: .featureBit(.extendedArgument)
    case .receiveSendBundle: .featureBit(.receiveSendBundle)
    case .minimumTimeout: .featureBit(.minimumTimeout)
    case .noIOWait: .featureBit(.noIOWait)
    case .accept, .connect, .cancel, .close, .read, .send, .receive, .splice, .shutdown,
      .messageRing, .socket, .sendZeroCopy, .sendMessageZeroCopy, .readMultishot,
      .installDescriptor, .bind,
      .listen, .epollWait, .receiveZeroCopy:
      .opcode(opcode)
    case .pollMultishot, .acceptMultishot, .receiveMultishot, .pollFirst, .acceptPollFirst,
      .acceptDoNotWait, .cancelAll, .incrementalBuffers, .directDescriptors:
      .trial
    case .bufferRing: .registration(CURING_REGISTER_PBUF_RING)
    case .registeredRingDescriptor: .registration(CURING_REGISTER_RING_FDS)
    case .sendMessageRing: .registration(CURING_REGISTER_SEND_MSG_RING)
    case .query: .registration(CURING_REGISTER_QUERY)
    }
  }

  private var opcode: UInt8 {
    switch self {
    case .accept: CURING_OP_ACCEPT
    case .connect: CURING_OP_CONNECT
    case .cancel: CURING_OP_ASYNC_CANCEL
    case .close: CURING_OP_CLOSE
    case .read: CURING_OP_READ
    case .send: CURING_OP_SEND
    case .receive: CURING_OP_RECV
    case .splice: CURING_OP_SPLICE
    case .shutdown: CURING_OP_SHUTDOWN
    case .messageRing: CURING_OP_MSG_RING
    case .socket: CURING_OP_SOCKET
    case .sendZeroCopy: CURING_OP_SEND_ZC
    case .sendMessageZeroCopy: CURING_OP_SENDMSG_ZC
    case .readMultishot: CURING_OP_READ_MULTISHOT
    case .installDescriptor: CURING_OP_FIXED_FD_INSTALL
    case .bind: CURING_OP_BIND
    case .listen: CURING_OP_LISTEN
    case .epollWait: CURING_OP_EPOLL_WAIT
    case .receiveZeroCopy: CURING_OP_RECV_ZC
    default: preconditionFailure("\(self) has no opcode")
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Something that a kernel's io_uring can do or cannot do.
///
/// The raw value is the name by which `SWIFT_URING_HIDE` hides the feature.
public enum KernelFeature: String, CaseIterable, Hashable, Sendable {
  // How a ring is set up.

  /// A bad request does not stop the ones behind it (`IORING_SETUP_SUBMIT_ALL`).
  case submitAll
  /// Task work waits for a transition into the kernel (`IORING_SETUP_COOP_TASKRUN`).
  case coopTaskrun
  /// The ring tells when task work is pending (`IORING_SETUP_TASKRUN_FLAG`).
  case taskrunFlag
  /// Only one thread submits (`IORING_SETUP_SINGLE_ISSUER`).
  case singleIssuer
  /// Task work runs when the owner waits for completions (`IORING_SETUP_DEFER_TASKRUN`).
  case deferTaskrun

  // Features that a ring tells of itself.

  /// Completions are kept when the queue is full (`IORING_FEAT_NODROP`).
  case noDrop
  /// Memory that a request points to, except its data, is read at submission
  /// (`IORING_FEAT_SUBMIT_STABLE`).
  case submitStable
  /// A request that would block waits for readiness in the kernel (`IORING_FEAT_FAST_POLL`).
  case fastPoll
  /// A wait takes a timeout (`IORING_FEAT_EXT_ARG`).
  case extendedArgument
  /// One receive or send covers several provided buffers (`IORING_FEAT_RECVSEND_BUNDLE`).
  case receiveSendBundle
  /// A wait takes a minimum time (`IORING_FEAT_MIN_TIMEOUT`).
  case minimumTimeout
  /// A wait need not be booked as waiting for a disk (`IORING_FEAT_NO_IOWAIT`).
  case noIOWait

  // Requests that have an opcode of their own.

  /// Takes a connection from a listener's queue (`IORING_OP_ACCEPT`).
  case accept
  /// Connects a socket (`IORING_OP_CONNECT`).
  case connect
  /// Asks for a request to be ended (`IORING_OP_ASYNC_CANCEL`).
  case cancel
  /// Closes a descriptor (`IORING_OP_CLOSE`).
  case close
  /// Reads from a file (`IORING_OP_READ`).
  case read
  /// Sends from one piece of memory (`IORING_OP_SEND`).
  case send
  /// Receives into one piece of memory (`IORING_OP_RECV`).
  case receive
  /// Moves bytes between a pipe and a file or a socket (`IORING_OP_SPLICE`).
  case splice
  /// Ends directions of a socket (`IORING_OP_SHUTDOWN`).
  case shutdown
  /// Posts a completion on another ring (`IORING_OP_MSG_RING`).
  case messageRing
  /// Makes a socket (`IORING_OP_SOCKET`).
  case socket
  /// Sends without copying (`IORING_OP_SEND_ZC`).
  case sendZeroCopy
  /// Sends gathered memory without copying (`IORING_OP_SENDMSG_ZC`).
  case sendMessageZeroCopy
  /// Reads again and again into provided buffers (`IORING_OP_READ_MULTISHOT`).
  case readMultishot
  /// Makes an ordinary descriptor of a direct one (`IORING_OP_FIXED_FD_INSTALL`).
  case installDescriptor
  /// Binds a socket (`IORING_OP_BIND`).
  case bind
  /// Makes a socket a listener (`IORING_OP_LISTEN`).
  case listen
  /// Waits for an epoll instance (`IORING_OP_EPOLL_WAIT`).
  case epollWait
  /// Receives without copying (`IORING_OP_RECV_ZC`).
  case receiveZeroCopy

  // Ways to make a request.

  /// A poll stays armed (`IORING_POLL_ADD_MULTI`).
  case pollMultishot
  /// An accept stays armed (`IORING_ACCEPT_MULTISHOT`).
  case acceptMultishot
  /// A receive stays armed (`IORING_RECV_MULTISHOT`).
  case receiveMultishot
  /// A receive or send waits for readiness first (`IORING_RECVSEND_POLL_FIRST`).
  case pollFirst
  /// An accept waits for readiness first (`IORING_ACCEPT_POLL_FIRST`).
  case acceptPollFirst
  /// An accept answers -EAGAIN instead of waiting (`IORING_ACCEPT_DONTWAIT`).
  case acceptDoNotWait
  /// One cancel ends every request (`IORING_ASYNC_CANCEL_ANY`).
  case cancelAll

  // Registrations.

  /// The kernel takes buffers from a shared ring (`IORING_REGISTER_PBUF_RING`).
  case bufferRing
  /// A buffer of a ring is used up piece by piece (`IOU_PBUF_RING_INC`).
  case incrementalBuffers
  /// The ring has a table of descriptors that starts empty (`IORING_RSRC_REGISTER_SPARSE`).
  case directDescriptors
  /// The ring's own descriptor need not be looked up (`IORING_REGISTER_RING_FDS`).
  case registeredRingDescriptor
  /// A thread without a ring posts a completion on one (`IORING_REGISTER_SEND_MSG_RING`).
  case sendMessageRing
  /// The kernel lists what it can do (`IORING_REGISTER_QUERY`).
  case query
}

extension KernelFeature {
  /// The first Linux release with the feature, for people to read; nothing is decided by it.
  public var introducedIn: String {
    switch self {
    case .noDrop, .submitStable, .accept, .connect, .cancel: "5.5"
    case .close, .read, .send, .receive: "5.6"
    case .fastPoll, .splice: "5.7"
    case .extendedArgument, .shutdown: "5.11"
    case .pollMultishot: "5.13"
    case .submitAll, .messageRing, .registeredRingDescriptor: "5.18"
    case .coopTaskrun, .taskrunFlag, .socket, .acceptMultishot, .pollFirst, .cancelAll,
      .bufferRing, .directDescriptors:
      "5.19"
    case .singleIssuer, .sendZeroCopy, .receiveMultishot: "6.0"
    case .deferTaskrun, .sendMessageZeroCopy: "6.1"
    case .readMultishot: "6.7"
    case .installDescriptor: "6.8"
    case .receiveSendBundle, .acceptPollFirst, .acceptDoNotWait: "6.10"
    case .bind, .listen: "6.11"
    case .minimumTimeout, .incrementalBuffers: "6.12"
    case .sendMessageRing: "6.13"
    case .noIOWait, .epollWait, .receiveZeroCopy: "6.15"
    case .query: "6.18"
    }
  }
}

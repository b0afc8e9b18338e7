// SPDX-License-Identifier: Apache-2.0

/* Names of kernel structs, moved out of the way while liburing's headers are read.
 *
 * swift-system includes <linux/io_uring.h> in its own C module; liburing brings another version
 * of the same file. Clang checks that a C struct has one definition across modules and refuses a
 * program that loads both. The renamed structs have the same layout, which is kernel ABI, so a
 * call into liburing is the same call. Only tags matter: functions and constants are reached
 * through CLiburing.h's own names.
 */
#ifndef SWIFT_URING_RENAMES_H
#define SWIFT_URING_RENAMES_H

#define io_cqring_offsets curing_kernel_cqring_offsets
#define io_sqring_offsets curing_kernel_sqring_offsets
#define io_timespec curing_kernel_timespec
#define io_uring_attr_pi curing_kernel_attr_pi
#define io_uring_bpf curing_kernel_bpf
#define io_uring_bpf_ctx curing_kernel_bpf_ctx
#define io_uring_bpf_filter curing_kernel_bpf_filter
#define io_uring_buf curing_kernel_buf
#define io_uring_buf_reg curing_kernel_buf_reg
#define io_uring_buf_ring curing_kernel_buf_ring
#define io_uring_buf_status curing_kernel_buf_status
#define io_uring_clock_register curing_kernel_clock_register
#define io_uring_clone_buffers curing_kernel_clone_buffers
#define io_uring_cqe curing_kernel_cqe
#define io_uring_file_index_range curing_kernel_file_index_range
#define io_uring_files_update curing_kernel_files_update
#define io_uring_getevents_arg curing_kernel_getevents_arg
#define io_uring_mem_region_reg curing_kernel_mem_region_reg
#define io_uring_msg_ring_flags curing_kernel_msg_ring_flags
#define io_uring_napi curing_kernel_napi
#define io_uring_napi_op curing_kernel_napi_op
#define io_uring_napi_tracking_strategy curing_kernel_napi_tracking_strategy
#define io_uring_notification_register curing_kernel_notification_register
#define io_uring_notification_slot curing_kernel_notification_slot
#define io_uring_op curing_kernel_op
#define io_uring_params curing_kernel_params
#define io_uring_probe curing_kernel_probe
#define io_uring_probe_op curing_kernel_probe_op
#define io_uring_query_hdr curing_kernel_query_hdr
#define io_uring_query_opcode curing_kernel_query_opcode
#define io_uring_query_scq curing_kernel_query_scq
#define io_uring_query_zcrx curing_kernel_query_zcrx
#define io_uring_recvmsg_out curing_kernel_recvmsg_out
#define io_uring_reg_wait curing_kernel_reg_wait
#define io_uring_reg_wait_flags curing_kernel_reg_wait_flags
#define io_uring_region_desc curing_kernel_region_desc
#define io_uring_register_op curing_kernel_register_op
#define io_uring_register_pbuf_ring_flags curing_kernel_register_pbuf_ring_flags
#define io_uring_register_restriction_op curing_kernel_register_restriction_op
#define io_uring_restriction curing_kernel_restriction
#define io_uring_rsrc_register curing_kernel_rsrc_register
#define io_uring_rsrc_update curing_kernel_rsrc_update
#define io_uring_rsrc_update2 curing_kernel_rsrc_update2
#define io_uring_socket_op curing_kernel_socket_op
#define io_uring_sqe curing_kernel_sqe
#define io_uring_sqe_flags_bit curing_kernel_sqe_flags_bit
#define io_uring_sync_cancel_reg curing_kernel_sync_cancel_reg
#define io_uring_task_restriction curing_kernel_task_restriction
#define io_uring_zcrx_area_flags curing_kernel_zcrx_area_flags
#define io_uring_zcrx_area_reg curing_kernel_zcrx_area_reg
#define io_uring_zcrx_cqe curing_kernel_zcrx_cqe
#define io_uring_zcrx_ifq_reg curing_kernel_zcrx_ifq_reg
#define io_uring_zcrx_offsets curing_kernel_zcrx_offsets
#define io_uring_zcrx_rqe curing_kernel_zcrx_rqe
#define io_wq_type curing_kernel_wq_type
#define zcrx_ctrl curing_kernel_zcrx_ctrl
#define zcrx_ctrl_arm_event curing_kernel_zcrx_ctrl_arm_event
#define zcrx_ctrl_export curing_kernel_zcrx_ctrl_export
#define zcrx_ctrl_flush_rq curing_kernel_zcrx_ctrl_flush_rq
#define zcrx_ctrl_op curing_kernel_zcrx_ctrl_op
#define zcrx_event_desc curing_kernel_zcrx_event_desc
#define zcrx_event_desc_flags curing_kernel_zcrx_event_desc_flags
#define zcrx_event_type curing_kernel_zcrx_event_type
#define zcrx_features curing_kernel_zcrx_features
#define zcrx_reg_flags curing_kernel_zcrx_reg_flags
#define zcrx_stats curing_kernel_zcrx_stats

/* liburing asks for _XOPEN_SOURCE and _GNU_SOURCE, which rename fields of C library structs that
 * Swift's own C library module has already defined. Reading features.h first makes that request
 * come too late; what liburing then needs is declared by default. */
#include <features.h>
#include <liburing.h>

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Why a transaction was refused, finer than the event number. STE-nn and CD-nn
 * are the rows of the tables of ILLEGAL conditions.
 */
#ifndef IOM_SMMU_DIAGNOSIS_H
#define IOM_SMMU_DIAGNOSIS_H

/* clang-format off: one row a line */
#define SMMU_DIAGNOSES(D) \
	D(NONE, "none") \
	D(STE_01, "STE-01") \
	D(STE_03, "STE-03") \
	D(STE_04, "STE-04") \
	D(STE_05, "STE-05") \
	D(STE_06, "STE-06") \
	D(STE_07, "STE-07") \
	D(STE_08, "STE-08") \
	D(STE_12, "STE-12") \
	D(STE_13, "STE-13") \
	D(STE_14, "STE-14") \
	D(STE_15, "STE-15") \
	D(STE_16, "STE-16") \
	D(STE_17, "STE-17") \
	D(STE_18, "STE-18") \
	D(STE_19, "STE-19") \
	D(STE_20, "STE-20") \
	D(STE_21, "STE-21") \
	D(STE_22, "STE-22") \
	D(STE_23, "STE-23") \
	D(STE_24, "STE-24") \
	D(STE_25, "STE-25") \
	D(STE_26, "STE-26") \
	D(STE_27, "STE-27") \
	D(STE_28, "STE-28") \
	D(STE_29, "STE-29") \
	D(STE_30, "STE-30") \
	D(STE_31, "STE-31") \
	D(STE_32, "STE-32") \
	D(STE_33, "STE-33") \
	D(STE_34, "STE-34") \
	D(STE_35, "STE-35") \
	D(STE_36, "STE-36") \
	D(STE_37, "STE-37") \
	D(STE_38, "STE-38") \
	D(STE_39, "STE-39") \
	D(STE_40, "STE-40") \
	D(STE_41, "STE-41") \
	D(STE_42, "STE-42") \
	D(STE_44, "STE-44") \
	D(STE_45, "STE-45") \
	D(STE_46, "STE-46") \
	D(STE_47, "STE-47") \
	D(STE_48, "STE-48") \
	D(STE_49, "STE-49") \
	D(STE_50, "STE-50") \
	D(STE_51, "STE-51") \
	D(CD_01, "CD-01") \
	D(CD_02, "CD-02") \
	D(CD_03, "CD-03") \
	D(CD_04, "CD-04") \
	D(CD_05, "CD-05") \
	D(CD_06, "CD-06") \
	D(CD_07, "CD-07") \
	D(CD_08, "CD-08") \
	D(CD_09, "CD-09") \
	D(CD_10, "CD-10") \
	D(CD_11, "CD-11") \
	D(CD_12, "CD-12") \
	D(CD_13, "CD-13") \
	D(CD_14, "CD-14") \
	D(CD_15, "CD-15") \
	D(CD_16, "CD-16") \
	D(CD_17, "CD-17") \
	D(CD_18, "CD-18") \
	D(CD_19, "CD-19") \
	D(CD_20, "CD-20") \
	D(CD_21, "CD-21") \
	D(CD_22, "CD-22") \
	D(CD_26, "CD-26") \
	D(CD_27, "CD-27") \
	D(NO_INTERFACE, "security state not implemented") \
	D(DISABLED_ABORT, "SMMUEN is 0 and GBPA aborts") \
	D(DISABLED_SIZE, "SMMUEN is 0 and the address exceeds the output size") \
	D(DISABLED_SIF, "SMMUEN is 0 and a Secure instruction fetch leaves Non-secure") \
	D(STREAM_RANGE, "StreamID beyond the stream table") \
	D(L1STD_SPAN, "L1STD.Span is 0 or reserved") \
	D(L1STD_INDEX, "StreamID beyond L1STD.Span") \
	D(L1STD_FETCH, "L1STD fetch aborted") \
	D(STE_FETCH, "STE fetch aborted") \
	D(STE_ADDRESS, "STE address beyond the output size") \
	D(STE_ABORT, "STE.Config says abort") \
	D(VMS_FETCH, "VMS fetch aborted") \
	D(SSID_NOT_USED, "SubstreamID given to a stream without substreams") \
	D(SSID_RANGE, "SubstreamID beyond STE.S1CDMax") \
	D(S1DSS_TERMINATE, "no SubstreamID and STE.S1DSS terminates") \
	D(S1DSS_ZERO, "SubstreamID 0 while STE.S1DSS reserves it") \
	D(L1CD_INVALID, "L1CD.V is 0") \
	D(L1CD_RANGE, "L1CD.L2Ptr beyond the address size") \
	D(L1CD_FETCH, "L1CD fetch aborted") \
	D(CD_FETCH, "CD fetch aborted") \
	D(BYPASS_SIZE, "address of a bypassed stage beyond its size") \
	D(SIF, "Secure instruction fetch from Non-secure memory") \
	D(S1_RANGE, "address outside both stage 1 ranges") \
	D(S1_EPD, "stage 1 walks of this half are disabled") \
	D(S1_E0PD, "unprivileged access to a half with E0PD") \
	D(S1_WALK_ABORT, "stage 1 descriptor fetch aborted") \
	D(S1_INVALID, "stage 1 descriptor invalid") \
	D(S1_ADDR_SIZE, "stage 1 output beyond IPS") \
	D(S1_ACCESS, "stage 1 access flag is 0") \
	D(S1_PERMISSION, "stage 1 permissions") \
	D(S2_RANGE, "IPA beyond S2T0SZ") \
	D(S2_WALK_ABORT, "stage 2 descriptor fetch aborted") \
	D(S2_INVALID, "stage 2 descriptor invalid") \
	D(S2_ADDR_SIZE, "stage 2 output beyond S2PS") \
	D(S2_ACCESS, "stage 2 access flag is 0") \
	D(S2_PERMISSION, "stage 2 permissions") \
	D(S2_PTW, "stage 1 table in Device memory with S2PTW") \
	D(UPDATE_RACE, "hardware update lost too many races") \
	D(ATS_DISABLED, "ATS request while SMMUEN is 0") \
	D(ATS_SECURE, "ATS from a Secure stream") \
	D(ATS_BYPASS, "ATS from a stream that bypasses") \
	D(ATS_EATS, "ATS not enabled by STE.EATS") \
	D(ATS_SIZE, "translated address beyond the output size") \
	D(ATS_NOTHING, "no permission to grant") \
	D(GPF, "granule protection check of the output") \
	D(UNSUPPORTED, "unsupported transaction")
/* clang-format on */

enum smmu_diagnosis {
#define SMMU_DIAGNOSIS_ENUM_(N, S) SMMU_DIAG_##N,
	SMMU_DIAGNOSES(SMMU_DIAGNOSIS_ENUM_)
#undef SMMU_DIAGNOSIS_ENUM_
		SMMU_N_DIAGNOSES
};

const char *smmu_diagnosis_name(unsigned diagnosis);

#endif

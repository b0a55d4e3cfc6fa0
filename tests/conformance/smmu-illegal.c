/* SPDX-License-Identifier: MIT */
/*
 * Every condition of ste_illegal.tsv and cd_illegal.tsv, alone and beside a change
 * that is valid, with each size of caches.
 */
#include "tests/conformance/smmu-build.h"
#include "tests/conformance/smmu-suites.h"

#include <stdio.h>
#include <string.h>

typedef enum verdict {
	LEGAL = 0, /* neither C_BAD_STE nor C_BAD_CD */
	BAD_STE = 0x04,
	BAD_CD = 0x0a,
} verdict;

#define NS IOM_SPACE_NONSECURE
#define SEC IOM_SPACE_SECURE
#define REALM IOM_SPACE_REALM

typedef struct legality_case {
	const char *id;
	unsigned config;
	const char *idr, *regs, *ste, *cd;
	verdict verdict;
	iom_space space;
} legality_case;

/* VMSAv8-32 LPAE stage 2 with a 32-bit input, and stage 1. */
#define S2_32 "S2AA64=0;S2T0SZ=0;S2SL0=1"
#define S1_32 "AA64=0;T0SZ=0"
#define SECURE "S_IDR1.SECURE_IMPL=1;S_IDR1.S_SIDSIZE=16"
#define SEL2 SECURE ";S_IDR1.SEL2=1;STT=1"
#define RME "IDR0.RME_IMPL=1"
#define RME_DA RME ";R_IDR1.RME_DA_IMPL=1;R_IDR0.STALL_MODEL=1"
#define V34 "AIDR=4;EPAN=1;MTEPERM=1"

static const legality_case ste_cases[] = {
	{ "STE-01", 5, "", "", "V=0", "", BAD_STE, NS },
	{ "STE-02", 0, "", "", "S2T0SZ=63;S1CDMax=31;STRW=3", "", LEGAL, NS },
	{ "STE-02", 1, "", "", "S1STALLD=1;S2TG=3", "", LEGAL, NS },
	{ "STE-02", 3, "", "", "S2AA64=0;EATS=2", "", LEGAL, NS },
	{ "STE-03", 5, "S1P=0;Hyp=0", "", "", "", BAD_STE, NS },
	{ "STE-03", 7, "S1P=0;Hyp=0", "", "", "", BAD_STE, NS },
	{ "STE-04", 6, "S2P=0;Hyp=0", "", "", "", BAD_STE, NS },
	{ "STE-04", 7, "S2P=0;Hyp=0", "", "", "", BAD_STE, NS },
	{ "STE-05", 6, SECURE, "", "", "", BAD_STE, SEC },
	{ "STE-05", 7, SECURE, "", "", "", BAD_STE, SEC },
	{ "STE-06", 6, SEL2 ";TTF=3", "", S2_32 ";S_S2T0SZ=25;S_S2SL0=1;S_S2TTB=0x90000000", "",
	  BAD_STE, SEC },
	{ "STE-07", 5, "ATS=1", "", "EATS=2", "", BAD_STE, NS },
	{ "STE-07", 6, "ATS=1", "", "EATS=2", "", BAD_STE, NS },
	{ "STE-07", 7, "ATS=1", "", "EATS=2;S2S=1", "", BAD_STE, NS },
	{ "STE-07", 7, "ATS=1;NS1ATS=1", "", "EATS=2", "", BAD_STE, NS },
	{ "STE-07", 7, "ATS=1", "", "EATS=2", "", LEGAL, NS },
	{ "STE-07", 7, "", "", "EATS=2;S2S=1", "", LEGAL, NS }, /* no ATS */
	{ "STE-08", 6, "ATS=1", "", "EATS=1;S2S=1", "", BAD_STE, NS },
	{ "STE-08", 7, "ATS=1", "", "EATS=1;S2S=1", "", BAD_STE, NS },
	{ "STE-08b", 5, "ATS=1", "", "EATS=1;S2S=1", "", LEGAL, NS },
	{ "STE-12", 5, "", "", "STRW=1", "", BAD_STE, NS },
	{ "STE-12", 5, "", "", "STRW=3", "", BAD_STE, NS },
	{ "STE-12", 5, "Hyp=0;S2P=0", "", "STRW=3", "", LEGAL, NS },
	{ "STE-12", 7, "", "", "STRW=3", "", LEGAL, NS },
	{ "STE-13", 5, SEL2, "", "STRW=3", "", BAD_STE, SEC },
	{ "STE-14", 5, SECURE ";" RME, "", "STRW=1", "", BAD_STE, SEC },
	{ "STE-14", 5, SECURE, "", "STRW=1", "", LEGAL, SEC },
	{ "STE-15", 5, SECURE, "", "STRW=2", "", BAD_STE, SEC },
	{ "STE-16", 5, "STALL_MODEL=1", "", "S1STALLD=1", "", BAD_STE, NS },
	{ "STE-16", 5, "STALL_MODEL=2", "", "S1STALLD=1", "S=1", BAD_STE, NS },
	{ "STE-16", 5, "", "", "S1STALLD=1", "", LEGAL, NS },
	{ "STE-17", 5, SECURE ";S_IDR0.STALL_MODEL=1;STALL_MODEL=1", "", "S1STALLD=1", "", BAD_STE,
	  SEC },
	{ "STE-18", 5, RME_DA, "", "S1STALLD=1", "", BAD_STE, REALM },
	{ "STE-18", 5, RME_DA, "", "S1STALLD=0", "", LEGAL, REALM },
	{ "STE-12", 5, RME_DA, "", "STRW=1", "", BAD_STE, REALM },
	{ "STE-06", 6, RME_DA ";TTF=3", "", S2_32, "", BAD_STE, REALM },
	{ "STE-19", 5, "SSIDSIZE=8", "", "S1CDMax=9;S1DSS=2", "", BAD_STE, NS },
	{ "STE-19", 5, "SSIDSIZE=8", "", "S1CDMax=8;S1DSS=2", "", LEGAL, NS },
	{ "STE-19", 5, "SSIDSIZE=0", "", "S1CDMax=9", "", LEGAL, NS },
	{ "STE-20", 5, "CD2L=0", "", "S1CDMax=4;S1DSS=2;S1Fmt=1", "", BAD_STE, NS },
	{ "STE-20", 5, "CD2L=0", "", "S1CDMax=4;S1DSS=2;S1Fmt=2", "", BAD_STE, NS },
	{ "STE-20", 5, "CD2L=0", "", "S1CDMax=4;S1DSS=2;S1Fmt=3", "", LEGAL, NS },
	{ "STE-20", 5, "CD2L=0", "", "S1Fmt=1", "", LEGAL, NS },
	{ "STE-21", 5, "OAS=44", "", "S1ContextPtr=0x100000000000", "", BAD_STE, NS },
	{ "STE-22", 7, "OAS=44", "", "S1ContextPtr=0x100000000000", "", BAD_STE, NS },
	{ "STE-23", 6, "TTF=3", "", S2_32 ";S2FWB=1", "", BAD_STE, NS },
	{ "STE-23", 6, "TTF=3;FWB=0", "", S2_32 ";S2FWB=1", "", LEGAL, NS },
	{ "STE-24", 6, "STALL_MODEL=1", "", "S2S=1", "", BAD_STE, NS },
	{ "STE-25", 6, RME_DA, "", "S2S=1", "", BAD_STE, REALM },
	{ "STE-25", 6, RME_DA, "", "S2S=0", "", LEGAL, REALM },
	{ "STE-26", 6, "STALL_MODEL=2", "", "S2S=0", "", BAD_STE, NS },
	{ "STE-26", 6, "STALL_MODEL=2", "", "S2S=1", "", LEGAL, NS },
	{ "STE-27", 6, "TTF=2", "", S2_32, "", BAD_STE, NS },
	{ "STE-27", 6, "TTF=3", "", S2_32, "", LEGAL, NS },
	{ "STE-28", 6, "TTF=1;OAS=40", "", "S2T0SZ=32", "", BAD_STE, NS },
	{ "STE-29", 6, "HTTU=0", "", "S2HA=1", "", BAD_STE, NS },
	{ "STE-29", 6, "HTTU=0", "", "S2HD=1", "", BAD_STE, NS },
	{ "STE-29", 6, "TTF=3", "", S2_32 ";S2HA=1", "", BAD_STE, NS },
	{ "STE-29", 6, "TTF=3", "", S2_32 ";S2HD=1", "", BAD_STE, NS },
	{ "STE-30", 6, "HTTU=1", "", "S2HA=1;S2HD=1", "", BAD_STE, NS },
	{ "STE-30", 6, "HTTU=2", "", "S2HD=1", "", LEGAL, NS },
	{ "STE-31", 6, V34 ";HTTU=3", "", "S2HAFT=1", "", BAD_STE, NS },
	{ "STE-31", 6, V34 ";HTTU=3", "", "S2HAFT=1;S2HA=1", "", LEGAL, NS },
	{ "STE-31", 6, "HTTU=2", "", "S2HAFT=1", "", LEGAL, NS },
	{ "STE-32", 6, "", "", "S2TG=3", "", BAD_STE, NS },
	{ "STE-32", 6, "GRAN64K=0", "", "S2TG=1", "", BAD_STE, NS },
	{ "STE-32", 6, "GRAN16K=0", "", "S2TG=2;S2SL0=2", "", BAD_STE, NS },
	{ "STE-32", 6, "GRAN4K=0", "", "S2TG=0", "", BAD_STE, NS },
	{ "STE-33", 6, "", "", "S2PS=0;S2TTB=0x100000000", "", BAD_STE, NS },
	{ "STE-33", 6, "OAS=40", "", "S2TTB=0x10000000000", "", BAD_STE, NS },
	{ "STE-34", 6, "OAS=52;VAX=1", "", "S2PS=6;S2TTB=0x1000000000000", "", BAD_STE, NS },
	{ "STE-35", 6, "", "", "S2T0SZ=40;S2SL0=0", "", BAD_STE, NS },
	{ "STE-35", 6, "STT=1", "", "S2T0SZ=49;S2SL0=3", "", BAD_STE, NS },
	{ "STE-35", 6, "STT=1", "", "S2TG=1;S2T0SZ=48;S2SL0=0", "", BAD_STE, NS },
	{ "STE-35", 6, "STT=1", "", "S2T0SZ=48;S2SL0=3", "", LEGAL, NS },
	{ "STE-36", 6, "", "", "S2T0SZ=15;S2SL0=2", "", BAD_STE, NS },
	{ "STE-36", 6, "OAS=40", "", "S2T0SZ=23", "", BAD_STE, NS },
	{ "STE-36", 6, "OAS=40", "", "S2T0SZ=24", "", LEGAL, NS },
	{ "STE-37", 6, "OAS=52;VAX=1", "", "S2TG=1;S2T0SZ=11;S2SL0=2;S2PS=6", "", BAD_STE, NS },
	{ "STE-37", 6, "OAS=52;VAX=1", "", "S2TG=1;S2T0SZ=12;S2SL0=2;S2PS=6", "", LEGAL, NS },
	{ "STE-37", 6, "", "", "S2TG=1;S2T0SZ=15;S2SL0=2", "", BAD_STE, NS },
	{ "STE-38", 6, "", "", "S2SL0=3", "", BAD_STE, NS },
	{ "STE-39", 6, "", "", "S2TG=2;S2SL0=3;S2T0SZ=16", "", BAD_STE, NS },
	{ "STE-40", 6, "", "", "S2TG=1;S2SL0=3;S2T0SZ=25", "", BAD_STE, NS },
	{ "STE-41", 6, "OAS=40", "", "S2SL0=2;S2T0SZ=24", "", BAD_STE, NS },
	{ "STE-41", 6, "OAS=40", "", "S2TG=2;S2SL0=2;S2T0SZ=27", "", BAD_STE, NS },
	{ "STE-42", 6, "TTF=3", "", "S2AA64=0;S2T0SZ=0;S2SL0=2", "", BAD_STE, NS },
	{ "STE-42", 6, "TTF=3", "", "S2AA64=0;S2T0SZ=8;S2SL0=0", "", BAD_STE, NS },
	{ "STE-42", 6, "TTF=3", "", "S2AA64=0;S2T0SZ=7;S2SL0=1", "", BAD_STE, NS },
	{ "STE-44", 6, SEL2, "", "S_S2T0SZ=25;S_S2SL0=1;S_S2TG=3;S_S2TTB=0x90000000", "", BAD_STE,
	  SEC },
	{ "STE-44", 6, SEL2, "", "S_S2T0SZ=25;S_S2SL0=1;S2PS=0;S_S2TTB=0x100000000", "", BAD_STE,
	  SEC },
	{ "STE-44", 6, SEL2, "", "S_S2T0SZ=49;S_S2SL0=3;S_S2TTB=0x90000000", "", BAD_STE, SEC },
	{ "STE-44", 6, SEL2, "", "S_S2T0SZ=15;S_S2SL0=2;S_S2TTB=0x90000000", "", BAD_STE, SEC },
	{ "STE-44", 6, SEL2, "", "S_S2T0SZ=25;S_S2SL0=3;S_S2TTB=0x90000000", "", BAD_STE, SEC },
	{ "STE-44", 6, SEL2, "", "S_S2T0SZ=25;S_S2SL0=1;S_S2TTB=0x90000000", "", LEGAL, SEC },
	{ "STE-45", 6, "TTENDIAN=2", "", "S2ENDI=1", "", BAD_STE, NS },
	{ "STE-45", 6, "TTENDIAN=3", "", "S2ENDI=0", "", BAD_STE, NS },
	{ "STE-45", 6, "", "", "S2ENDI=1", "", LEGAL, NS },
	{ "STE-46", 6, V34 ";S2PI=1;TTF=3", "", S2_32 ";S2PIE=1", "", BAD_STE, NS },
	{ "STE-47", 6, V34 ";S2PI=1;S2PO=1", "", "S2POE=1", "", BAD_STE, NS },
	{ "STE-47", 6, V34 ";S2PI=1;S2PO=1", "", "S2POE=1;S2PIE=1", "", LEGAL, NS },
	{ "STE-48", 6, V34 ";S2PI=1;S2PO=1;PBHA=1", "", "S2POE=1;S2PIE=1;S2HWU59=1", "", BAD_STE,
	  NS },
	{ "STE-48", 6, V34 ";S2PI=1;S2PO=1;PBHA=1", "", "S2POE=1;S2PIE=1;S2HWU62=1", "", BAD_STE,
	  NS },
	{ "STE-49", 6, V34 ";S2PI=1;S2PO=1", "", "S2POE=1;S2PIE=1;S2POI<p>=1", "", BAD_STE, NS },
	{ "STE-49", 6, V34 ";S2PI=1;S2PO=1", "", "S2POE=1;S2PIE=1;S2POI<p>=0x5000", "", BAD_STE,
	  NS },
	{ "STE-50", 5, "VMID16=0", "", "S2VMID=0x100", "", BAD_STE, NS },
	{ "STE-50", 6, "VMID16=0", "", "S2VMID=0x100", "", BAD_STE, NS },
	{ "STE-50", 4, "VMID16=0", "", "S2VMID=0x100", "", LEGAL, NS },
	{ "STE-50", 5, "VMID16=0", "", "S2VMID=0x100;STRW=2", "", LEGAL, NS },
	{ "STE-51", 7, "MPAM=1;OAS=44", "", "S1MPAM=1;VMSPtr=0x100000000000", "", BAD_STE, NS },
	{ "STE-52", 5, "", "", "S1Fmt=3;S1CSH=1;PRIVCFG=1;INSTCFG=1;NSCFG=1", "", LEGAL, NS },
	{ "STE-52", 6, "", "", "S2SH0=1;MTCFG=1;MemAttr=4;S2PS=7", "", LEGAL, NS },
	{ "STE-53", 6, "", "", "S2SKL=3;S2NSW=1;MECID=1;AssuredOnly=1", "", LEGAL, NS },
	{ "STE-54", 5, "", "", "S2T0SZ=63;S2TG=3;S2SL0=3;S2AA64=0;S2HD=1;S2ENDI=1", "", LEGAL, NS },
	{ "STE-54", 4, "STALL_MODEL=1", "", "S2S=1;S2T0SZ=1", "", LEGAL, NS },
	{ "STE-55", 6, "STALL_MODEL=1", "", "S1STALLD=1;S1CDMax=31;S1Fmt=1;S1DSS=3", "", LEGAL,
	  NS },
	{ "STE-55", 4, "OAS=40", "", "S1ContextPtr=0x10000000000;S1CDMax=21", "", LEGAL, NS },
};

static const legality_case cd_cases[] = {
	{ "CD-01", 5, "", "", "", "V=0", BAD_CD, NS },
	{ "CD-02", 5, "", "", "S1STALLD=1", "S=1", BAD_CD, NS },
	{ "CD-02", 7, "", "", "S1STALLD=1", "S=1", BAD_CD, NS },
	{ "CD-03", 5, "TERM_MODEL=1", "", "", "A=0", BAD_CD, NS },
	{ "CD-03", 5, "", "", "", "A=0", LEGAL, NS },
	{ "CD-04", 5, "STALL_MODEL=1", "", "", "S=1", BAD_CD, NS },
	{ "CD-05", 5, "STALL_MODEL=2", "", "", "S=0", BAD_CD, NS },
	{ "CD-05", 5, "STALL_MODEL=2", "", "", "S=1", LEGAL, NS },
	{ "CD-06", 5, "TTENDIAN=2", "", "", "ENDI=1", BAD_CD, NS },
	{ "CD-06", 5, "TTENDIAN=3", "", "", "ENDI=0", BAD_CD, NS },
	{ "CD-06", 5, "TTENDIAN=2", "", "", "ENDI=1;EPD0=1;EPD1=1", LEGAL, NS },
	{ "CD-07", 5, "TTF=2", "", "", S1_32, BAD_CD, NS },
	{ "CD-07", 5, "TTF=3", "", "", S1_32, LEGAL, NS },
	{ "CD-08", 5, "TTF=3", "CR2=3", "STRW=2", S1_32, BAD_CD, NS },
	{ "CD-08", 5, "TTF=3", "CR2=2", "STRW=2", S1_32, LEGAL, NS },
	{ "CD-09", 5, "TTF=1;OAS=40", "", "", "", BAD_CD, NS },
	{ "CD-10", 7, "TTF=3", "", S2_32, "", BAD_CD, NS },
	{ "CD-11", 5, "HTTU=0", "", "", "HA=1", BAD_CD, NS },
	{ "CD-11", 5, "HTTU=0", "", "", "HD=1", BAD_CD, NS },
	{ "CD-12", 5, "HTTU=1", "", "", "HA=1;HD=1", BAD_CD, NS },
	{ "CD-12", 5, "HTTU=2", "", "", "HD=1", LEGAL, NS },
	{ "CD-13", 5, V34 ";HTTU=3", "", "", "HAFT=1", BAD_CD, NS },
	{ "CD-13", 5, V34 ";HTTU=3", "", "", "HAFT=1;HA=1", LEGAL, NS },
	{ "CD-14", 5, "ASID16=0", "", "", "ASID=0x100", BAD_CD, NS },
	{ "CD-14", 5, "ASID16=0", "CR2=3", "STRW=2", "ASID=0x100", BAD_CD, NS },
	{ "CD-15", 5, "", "", "", "T0SZ=40", BAD_CD, NS },
	{ "CD-15", 5, "STT=1", "", "", "T0SZ=49", BAD_CD, NS },
	{ "CD-15", 5, "STT=1", "", "", "T0SZ=48;TG0=1", BAD_CD, NS },
	{ "CD-15", 5, "STT=1", "", "", "T0SZ=48", LEGAL, NS },
	{ "CD-16", 5, "", "", "", "T0SZ=15", BAD_CD, NS },
	{ "CD-16", 5, "", "", "", "T0SZ=12;TG0=1", BAD_CD, NS },
	{ "CD-16", 5, "OAS=52;VAX=1", "", "", "T0SZ=12;TG0=1;IPS=6", LEGAL, NS },
	{ "CD-16", 5, "OAS=52;VAX=1", "", "", "T0SZ=11;TG0=1;IPS=6", BAD_CD, NS },
	{ "CD-16", 5, "OAS=52;VAX=1", "", "", "T0SZ=12;IPS=6;DS=1", BAD_CD, NS },
	{ "CD-16", 5, "OAS=52;VAX=1;DS=1", "", "", "T0SZ=12;IPS=6;DS=1", LEGAL, NS },
	{ "CD-17", 5, "", "", "", "EPD1=0;TG1=2;T1SZ=40;TTB1=0x80000000", BAD_CD, NS },
	{ "CD-17", 5, "", "", "", "EPD1=0;TG1=2;T1SZ=15;TTB1=0x80000000", BAD_CD, NS },
	{ "CD-17", 5, "STT=1", "", "", "EPD1=0;TG1=3;T1SZ=48;TTB1=0x80000000", BAD_CD, NS },
	{ "CD-17", 5, "", "", "", "EPD1=0;TG1=2;T1SZ=25;TTB1=0x80000000", LEGAL, NS },
	{ "CD-18", 5, "", "", "", "TG0=3", BAD_CD, NS },
	{ "CD-18", 5, "GRAN16K=0", "", "", "TG0=2", BAD_CD, NS },
	{ "CD-18", 5, "GRAN64K=0", "", "", "TG0=1", BAD_CD, NS },
	{ "CD-18", 5, "GRAN4K=0", "", "", "TG0=0", BAD_CD, NS },
	{ "CD-19", 5, "", "", "", "EPD1=0;TG1=0;T1SZ=25;TTB1=0x80000000", BAD_CD, NS },
	{ "CD-19", 5, "GRAN16K=0", "", "", "EPD1=0;TG1=1;T1SZ=25;TTB1=0x80000000", BAD_CD, NS },
	{ "CD-20", 5, "", "", "", "IPS=0;TTB0=0x100000000", BAD_CD, NS },
	{ "CD-20", 5, "OAS=40", "", "", "TTB0=0x10000000000", BAD_CD, NS },
	{ "CD-21", 5, "OAS=52;VAX=1", "", "", "IPS=6;TTB0=0x1000000000000", BAD_CD, NS },
	{ "CD-21", 5, "OAS=52;VAX=1;DS=1", "", "", "IPS=6;DS=1;TTB0=0x1000000000000", LEGAL, NS },
	{ "CD-22", 5, "", "", "", "EPD1=0;TG1=2;T1SZ=25;IPS=0;TTB1=0x100000000", BAD_CD, NS },
	{ "CD-22", 5, "OAS=52;VAX=1", "", "", "EPD1=0;TG1=2;T1SZ=25;IPS=6;TTB1=0x1000000000000",
	  BAD_CD, NS },
	{ "CD-26", 5, V34 ";S1PI=1", "", "S1PIE=1", "PIE=1;PIIP<p>=4", BAD_CD, NS },
	{ "CD-26", 5, V34 ";S1PI=1", "", "S1PIE=1", "PIE=1;PIIP<p>=0x30", BAD_CD, NS },
	{ "CD-26", 5, V34 ";S1PI=1", "", "S1PIE=1", "PIE=1;PIIP<p>=5", LEGAL, NS },
	{ "CD-27", 5, V34 ";S1PI=1", "", "S1PIE=1", "PIE=1;PIIU<p>=4", BAD_CD, NS },
	{ "CD-27", 5, V34 ";S1PI=1", "", "S1PIE=1", "PIE=1;PIIU<p>=5;PIIP<p>=2", BAD_CD, NS },
	{ "CD-27", 5, V34 ";S1PI=1", "", "S1PIE=1", "PIE=1;PIIU<p>=5;PIIP<p>=5", LEGAL, NS },
	{ "CD-28", 5, "", "CR2=2", "STRW=2",
	  "EPD0=1;EPD1=0;T1SZ=0;TG1=0;TTB1=0xfffffffffff000;ASID=0xff00", LEGAL, NS },
	{ "CD-28", 5, "ASID16=0", "CR2=2", "STRW=2", "ASID=0x100", LEGAL, NS },
	{ "CD-29", 5, "", "", "", "EPD0=1;T0SZ=63;TG0=3;TTB0=0xfffffffffff000", LEGAL, NS },
	{ "CD-29", 5, "", "", "", "EPD1=1;T1SZ=1;TG1=0;TTB1=0xfffffffffff000", LEGAL, NS },
	{ "CD-30", 5, "OAS=40", "", "", "IPS=6;SH0=1;PIE=1;UWXN=1;MAIR0=0x07030201", LEGAL, NS },
	{ "CD-31", 5, "", "", "", "PnCH=1;NSCFG0=1;PARTID=3;HWU059=1", LEGAL, NS },
	{ "CD-32", 5, "TTF=3;HTTU=0", "", "", S1_32 ";HA=1;HD=1;HAFT=1", LEGAL, NS },
};

/* Changes that are always valid. */
static const char *const ste_neighbours[] = { "", "SHCFG=3", "CONT=4", "MEV=1",
					      "SW_RESERVED=9;ALLOCCFG=5" };
static const char *const cd_neighbours[] = { "", "WXN=1", "R=0", "ASET=1", "AMAIR0=7;TBI0=1" };
static const char *const presets[] = SMMU_CACHES;

static verdict verdict_of(const smmu_answer *answer)
{
	unsigned id = answer->events ? (unsigned)(answer->event[0] & 0xff) : 0;

	return id == BAD_STE || id == BAD_CD ? (verdict)id : LEGAL;
}

static bool right_answer(const legality_case *c, const smmu_answer *answer)
{
	if (verdict_of(answer) != c->verdict)
		return false;
	if (c->verdict == LEGAL)
		return true;
	return answer->result.status == IOM_ABORT && answer->events == 1 &&
	       answer->event[0] >> 32 == SMMU_BUILD_SID && answer->event[1] == 0;
}

static bool run_one(const smmu_spec *spec, const legality_case *c, unsigned neighbour,
		    const char *preset)
{
	smmu_build build;
	smmu_answer answer = { 0 };

	smmu_build_init(&build, spec, c->config);
	build.space = c->space;
	bool ok = smmu_build_set(&build, "idr", c->idr) &&
		  smmu_build_set(&build, "regs", c->regs) &&
		  smmu_build_set(&build, "ste", c->ste) && smmu_build_set(&build, "cd", c->cd);
	bool bad_cd = c->id[0] == 'C';

	ok = ok && smmu_build_set(&build, bad_cd ? "cd" : "ste",
				  bad_cd ? cd_neighbours[neighbour] : ste_neighbours[neighbour]);
	ok = ok && smmu_build_ask(&build, preset, &answer) && right_answer(c, &answer);
	if (!ok)
		fprintf(stderr,
			"\n%s, caches %s, Config %u, idr '%s' ste '%s' cd '%s' and '%s': %s with "
			"event"
			" %#x, should be %s\n",
			c->id, preset, c->config, c->idr, c->ste, c->cd,
			bad_cd ? cd_neighbours[neighbour] : ste_neighbours[neighbour],
			iom_status_name((iom_status)answer.result.status),
			(unsigned)(answer.event[0] & 0xff),
			c->verdict == BAD_STE  ? "C_BAD_STE"
			: c->verdict == BAD_CD ? "C_BAD_CD"
					       : "legal");
	smmu_build_clear(&build);
	return ok;
}

static bool run_case(const smmu_spec *spec, const legality_case *c)
{
	for (unsigned p = 0; p < G_N_ELEMENTS(presets); p++) {
		for (unsigned n = 0; n < G_N_ELEMENTS(ste_neighbours); n++) {
			if (!run_one(spec, c, n, presets[p]))
				return false;
		}
	}
	return true;
}

static const struct {
	const char *id;
	const char *reason;
} no_case[] = {
	{ "STE-09", "needs a Device Permission Table, which the model does not offer" },
	{ "STE-10", "needs a Device Permission Table, which the model does not offer" },
	{ "STE-11", "needs a Device Permission Table, which the model does not offer" },
	{ "STE-43", "needs VMSAv9-128, which the model does not offer" },
	{ "CD-23", "needs VMSAv9-128, which the model does not offer" },
	{ "CD-24", "needs VMSAv9-128, which the model does not offer" },
	{ "CD-25", "needs VMSAv9-128, which the model does not offer" },
};

static void legality_table(const char *file, const legality_case *cases, unsigned n,
			   unsigned at_least)
{
	iom_tsv *table = smmu_spec_table(file);
	smmu_coverage coverage;
	smmu_spec spec;

	if (!table || !smmu_spec_open(&spec))
		return;
	smmu_coverage_init(&coverage, table);
	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(table, i);
		const char *id = iom_tsv_get(row, "id");

		for (unsigned k = 0; k < n; k++) {
			if (strcmp(cases[k].id, id) == 0) {
				CU_ASSERT_TRUE(run_case(&spec, &cases[k]));
				smmu_cover(&coverage, row);
			}
		}
		for (unsigned k = 0; k < G_N_ELEMENTS(no_case); k++) {
			if (strcmp(no_case[k].id, id) == 0)
				smmu_waive(&coverage, row, no_case[k].reason);
		}
	}
	smmu_coverage_end(&coverage, at_least);
	smmu_spec_close(&spec);
	iom_tsv_free(table);
}

static void ste_conditions(void)
{
	legality_table("ste_illegal.tsv", ste_cases, G_N_ELEMENTS(ste_cases), 52);
}

static void cd_conditions(void)
{
	legality_table("cd_illegal.tsv", cd_cases, G_N_ELEMENTS(cd_cases), 29);
}

/* ---- every combination of S2TG, S2SL0 and S2T0SZ ---------------------- */

typedef struct start_setting {
	const char *idr;
	unsigned oas;
	bool stt, ds;
} start_setting;

static const start_setting start_settings[] = {
	{ "", 48, false, false },
	{ "STT=1", 48, true, false },
	{ "OAS=52;VAX=1;DS=1", 52, false, true },
	{ "OAS=52;VAX=1;DS=1;STT=1", 52, true, true },
	{ "OAS=52;VAX=1", 52, false, false },
	{ "OAS=44", 44, false, false },
	{ "OAS=42", 42, false, false },
	{ "OAS=40", 40, false, false },
	{ "DS=1;VAX=1", 48, false, true },
};

/* A start_level row of s2_descriptors.tsv permits this. */
static bool row_permits(const iom_tsv_row *row, const char *granule, unsigned sl, unsigned t0sz,
			const start_setting *set)
{
	const char *condition = iom_tsv_get(row, "condition");
	char bits[8];
	unsigned from, to, least;

	if (strcmp(iom_tsv_get(row, "kind"), "start_level") != 0 ||
	    strcmp(iom_tsv_get(row, "granule"), granule) != 0 ||
	    sscanf(iom_tsv_get(row, "item"), "SL 0b%7[01], S2T0SZ %u", bits, &from) != 2)
		return false;
	to = from;
	sscanf(strstr(iom_tsv_get(row, "item"), "S2T0SZ "), "S2T0SZ %u..%u", &from, &to);
	if (g_ascii_strtoull(bits, NULL, 2) != sl || t0sz < from || t0sz > to)
		return false;
	if (strstr(condition, "STT==1") && !set->stt)
		return false;
	if (strstr(condition, "S2DS==1") && !set->ds)
		return false;
	const char *oas = strstr(condition, "OAS>=");
	const char *ias = strstr(condition, "IAS>=");

	return !((oas && sscanf(oas, "OAS>=%u", &least) == 1 && set->oas < least) ||
		 (ias && sscanf(ias, "IAS>=%u", &least) == 1 && set->oas < least));
}

static bool table_permits(const iom_tsv *table, const char *granule, unsigned sl, unsigned t0sz,
			  const start_setting *set)
{
	/* STE-36, STE-37: the input may not be larger than IAS. */
	if (64 - set->oas > t0sz)
		return false;
	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		if (row_permits(iom_tsv_row_at(table, i), granule, sl, t0sz, set))
			return true;
	}
	return false;
}

static bool model_permits(smmu_build *build, iom_iommu *iommu, iom_memory *memory)
{
	iom_result result = { 0 };

	for (unsigned i = 0; i < 8; i++)
		iom_memory_store64(memory, SMMU_BUILD_STE + 8 * i, build->ste[i]);
	iom_iommu_translate(iommu, &build->request, &result);
	return result.fault.code != BAD_STE;
}

static void start_level_sweep(const iom_tsv *table, const smmu_spec *spec, const start_setting *set)
{
	static const char *const granules[] = { "4KB", "64KB", "16KB" };
	smmu_build build;
	iom_memory *memory;
	unsigned wrong = 0;

	smmu_build_init(&build, spec, 6);
	smmu_build_set(&build, "idr", set->idr);
	iom_iommu *iommu = smmu_build_model(&build, "off", &memory);

	CU_ASSERT_PTR_NOT_NULL_FATAL(iommu);
	for (unsigned n = 0; n < 3 * 8 * 64; n++) {
		unsigned tg = n / 512, sl = n / 64 % 8, t0sz = n % 64;
		char text[80];

		if (sl > 3 && (tg != 0 || !set->ds))
			continue;
		g_snprintf(text, sizeof text, "S2TG=%u;S2SL0=%u;S2SL0_2=%u;S2T0SZ=%u;S2DS=%u", tg,
			   sl & 3, sl >> 2, t0sz, set->ds);
		smmu_build_set(&build, "ste", text);
		/* S2DS has no meaning with 64KB. */
		start_setting effective = *set;

		effective.ds = set->ds && tg != 1;
		bool expected = table_permits(table, granules[tg], sl, t0sz, &effective);

		if (model_permits(&build, iommu, memory) != expected && wrong++ < 8)
			fprintf(stderr, "\nidr '%s' %s: should be %s\n", set->idr, text,
				expected ? "legal" : "C_BAD_STE");
	}
	CHECK_EQ(wrong, 0);
	iom_iommu_unref(iommu);
	iom_memory_unref(memory);
	smmu_build_clear(&build);
}

static void start_levels(void)
{
	iom_tsv *table = smmu_spec_table("s2_descriptors.tsv");
	smmu_spec spec;

	if (!table || !smmu_spec_open(&spec))
		return;
	for (unsigned i = 0; i < G_N_ELEMENTS(start_settings); i++)
		start_level_sweep(table, &spec, &start_settings[i]);
	smmu_spec_close(&spec);
	iom_tsv_free(table);
}

static const iom_test tests[] = {
	{ "every condition that makes an STE ILLEGAL", ste_conditions },
	{ "every condition that makes a CD ILLEGAL", cd_conditions },
	{ "every S2TG, S2SL0 and S2T0SZ", start_levels },
	{ 0 },
};

const iom_suite smmu_illegal_suite = { "illegal", tests };

"""Drugs, reagents and heterocycles that the dataset of structural alerts grows from."""

BLOCKS = r"""
aspirin=CC(=O)Oc1ccccc1C(=O)O  paracetamol=CC(=O)Nc1ccc(O)cc1
ibuprofen=CC(C)Cc1ccc(C(C)C(=O)O)cc1  naproxen=COc1ccc2cc(C(C)C(=O)O)ccc2c1
caffeine=CN1C(=O)N(C)c2ncn(C)c2C1=O  lidocaine=CCN(CC)CC(=O)Nc1c(C)cccc1C
procaine=CCN(CC)CCOC(=O)c1ccc(N)cc1  benzocaine=CCOC(=O)c1ccc(N)cc1
propranolol=CC(C)NCC(O)COc1cccc2ccccc12  atenolol=CC(C)NCC(O)COc1ccc(CC(N)=O)cc1
metoprolol=COCCc1ccc(OCC(O)CNC(C)C)cc1  imipramine=CN(C)CCCN1c2ccccc2CCc2ccccc21
amitriptyline=CN(C)CCC=C1c2ccccc2CCc2ccccc21  fluoxetine=CNCCC(Oc1ccc(C(F)(F)F)cc1)c1ccccc1
sertraline=CNC1CCC(c2ccc(Cl)c(Cl)c2)c2ccccc21  diazepam=CN1C(=O)CN=C(c2ccccc2)c2cc(Cl)ccc21
nitrazepam=O=C1Nc2ccc([N+](=O)[O-])cc2C(c2ccccc2)=NC1
temazepam=CN1c2ccc(Cl)cc2C(c2ccccc2)=NC(O)C1=O  chlorpromazine=CN(C)CCCN1c2ccccc2Sc2ccc(Cl)cc21
haloperidol=O=C(CCCN1CCC(O)(c2ccc(Cl)cc2)CC1)c1ccc(F)cc1
clozapine=CN1CCN(C2=Nc3cc(Cl)ccc3Nc3ccccc32)CC1
tolazamide_analogue=Cc1ccc(S(=O)(=O)NC(=O)NN2CCCCC2)cc1
tolbutamide=CCCCNC(=O)NS(=O)(=O)c1ccc(C)cc1
hydrochlorothiazide=NS(=O)(=O)c1cc2c(cc1Cl)NCNS2(=O)=O
furosemide=NS(=O)(=O)c1cc(C(=O)O)c(NCc2ccco2)cc1Cl  sulfanilamide=Nc1ccc(S(N)(=O)=O)cc1
sulfamethoxazole=Cc1cc(NS(=O)(=O)c2ccc(N)cc2)no1  sulfadiazine=Nc1ccc(S(=O)(=O)Nc2ncccn2)cc1
dapsone=Nc1ccc(S(=O)(=O)c2ccc(N)cc2)cc1  trimethoprim=COc1cc(Cc2cnc(N)nc2N)cc(OC)c1OC
ciprofloxacin=O=C(O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O
norfloxacin=CCn1cc(C(=O)O)c(=O)c2cc(F)c(N3CCNCC3)cc21
nalidixic_acid=CCn1cc(C(=O)O)c(=O)c2ccc(C)nc21  metronidazole=Cc1ncc([N+](=O)[O-])n1CCO
nitrofurantoin=O=C1CN(N=Cc2ccc([N+](=O)[O-])o2)C(=O)N1
nitrofurazone=NC(=O)NN=Cc1ccc([N+](=O)[O-])o1
chloramphenicol=O=C(NC(CO)C(O)c1ccc([N+](=O)[O-])cc1)C(Cl)Cl  isoniazid=NNC(=O)c1ccncc1
hydralazine=NNc1nncc2ccccc12  phenelzine=NNCCc1ccccc1  iproniazid=CC(C)NNC(=O)c1ccncc1
pyrazinamide=NC(=O)c1cnccn1  ethionamide=CCc1cc(C(N)=S)ccn1  metformin=CN(C)C(=N)NC(=N)N
penicillin_G=CC1(C)SC2C(NC(=O)Cc3ccccc3)C(=O)N2C1C(=O)O
cephalexin=CC1=C(C(=O)O)N2C(=O)C(NC(=O)C(N)c3ccccc3)C2SC1  captopril=CC(CS)C(=O)N1CCCC1C(=O)O
penicillamine=CC(C)(S)C(N)C(=O)O  acetylcysteine=CC(=O)NC(CS)C(=O)O
enalapril=CCOC(=O)C(CCc1ccccc1)NC(C)C(=O)N1CCCC1C(=O)O
losartan=CCCCc1nc(Cl)c(CO)n1Cc1ccc(-c2ccccc2-c2nnn[nH]2)cc1
nifedipine=COC(=O)C1=C(C)NC(C)=C(C(=O)OC)C1c1ccccc1[N+](=O)[O-]
amlodipine=CCOC(=O)C1=C(COCCN)NC(C)=C(C(=O)OC)C1c1ccccc1Cl
verapamil=COc1ccc(CCN(C)CCCC(C#N)(C(C)C)c2ccc(OC)c(OC)c2)cc1OC
fenofibrate=CC(C)OC(=O)C(C)(C)Oc1ccc(C(=O)c2ccc(Cl)cc2)cc1
clofibric_acid=CC(C)(Oc1ccc(Cl)cc1)C(=O)O  warfarin=CC(=O)CC(c1ccccc1)c1c(O)c2ccccc2oc1=O
phenytoin=O=C1NC(=O)C(c2ccccc2)(c2ccccc2)N1  phenobarbital=CCC1(c2ccccc2)C(=O)NC(=O)NC1=O
carbamazepine=NC(=O)N1c2ccccc2C=Cc2ccccc21  valproic_acid=CCCC(CCC)C(=O)O
gabapentin=NCC1(CC(=O)O)CCCCC1  lamotrigine=Nc1nnc(-c2cccc(Cl)c2Cl)c(N)n1
dopamine=NCCc1ccc(O)c(O)c1  levodopa=NC(Cc1ccc(O)c(O)c1)C(=O)O  adrenaline=CNCC(O)c1ccc(O)c(O)c1
salbutamol=CC(C)(C)NCC(O)c1ccc(O)c(CO)c1  amphetamine=CC(N)Cc1ccccc1  ephedrine=CNC(C)C(O)c1ccccc1
diphenhydramine=CN(C)CCOC(c1ccccc1)c1ccccc1  chlorphenamine=CN(C)CCC(c1ccc(Cl)cc1)c1ccccn1
hydroxyzine=OCCOCCN1CCN(C(c2ccccc2)c2ccc(Cl)cc2)CC1
ranitidine=CNC(=C[N+](=O)[O-])NCCSCc1ccc(CN(C)C)o1  cimetidine=CN=C(NCCSCc1nc[nH]c1C)NC#N
omeprazole=COc1ccc2[nH]c(S(=O)Cc3ncc(C)c(OC)c3C)nc2c1
loratadine=CCOC(=O)N1CCC(=C2c3ccc(Cl)cc3CCc3cccnc32)CC1
benzoylpiperidine=CN1CCC(C(=O)c2ccccc2)CC1  methylphenidate=COC(=O)C(c1ccccc1)C1CCCCN1
pethidine=CCOC(=O)C1(c2ccccc2)CCN(C)CC1  fentanyl=CCC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1
methadone=CCC(=O)C(CC(C)N(C)C)(c1ccccc1)c1ccccc1  tramadol=CN(C)CC1CCCCC1(O)c1cccc(OC)c1
mefenamic_acid=Cc1c(C)c(Nc2ccccc2C(=O)O)ccc1  diclofenac=O=C(O)Cc1ccccc1Nc1c(Cl)cccc1Cl
indometacin=COc1ccc2c(c1)c(CC(=O)O)c(C)n2C(=O)c1ccc(Cl)cc1
celecoxib=Cc1ccc(-c2cc(C(F)(F)F)nn2-c2ccc(S(N)(=O)=O)cc2)cc1
ketoprofen=CC(C(=O)O)c1cccc(C(=O)c2ccccc2)c1  salicylic_acid=O=C(O)c1ccccc1O
phenylbutazone=CCCCC1C(=O)N(c2ccccc2)N(c2ccccc2)C1=O  antipyrine=Cc1cc(=O)n(-c2ccccc2)n1C
estradiol=CC12CCC3c4ccc(O)cc4CCC3C1CCC2O  testosterone=CC12CCC3C(CCC4=CC(=O)CCC43C)C1CCC2O
tamoxifen=CCC(=C(c1ccccc1)c1ccc(OCCN(C)C)cc1)c1ccccc1
diethylstilbestrol=CCC(=C(CC)c1ccc(O)cc1)c1ccc(O)cc1
hydroxyflutamide=CC(C)(O)C(=O)Nc1ccc([N+](=O)[O-])c(C(F)(F)F)c1
flutamide=CC(C)C(=O)Nc1ccc([N+](=O)[O-])c(C(F)(F)F)c1  chlorambucil=ClCCN(CCCl)c1ccc(CCCC(=O)O)cc1
melphalan=NC(Cc1ccc(N(CCCl)CCCl)cc1)C(=O)O  cyclophosphamide=O=P1(N(CCCl)CCCl)NCCCO1
mechlorethamine=CN(CCCl)CCCl  busulfan=CS(=O)(=O)OCCCCOS(C)(=O)=O  carmustine=O=NN(CCCl)C(=O)NCCCl
dacarbazine=CN(C)N=Nc1[nH]cnc1C(N)=O  procarbazine=CNNCc1ccc(C(=O)NC(C)C)cc1
fluorouracil=O=c1[nH]cc(F)c(=O)[nH]1  hydroxyurea=NC(=O)NO  tioguanine=Nc1nc(=S)c2[nH]cnc2[nH]1
methotrexate=CN(Cc1cnc2nc(N)nc(N)c2n1)c1ccc(C(=O)NC(CCC(=O)O)C(=O)O)cc1
lansoprazole=Cc1c(OCC(F)(F)F)ccnc1CS(=O)c1nc2ccccc2[nH]1  naphthoquinone=O=C1C=CC(=O)c2ccccc21
menadione=CC1=CC(=O)c2ccccc2C1=O  benzoquinone=O=C1C=CC(=O)C=C1
anthraquinone=O=C1c2ccccc2C(=O)c2ccccc21  aminoanthraquinone=Nc1cccc2c1C(=O)c1ccccc1C2=O
duroquinone=CC1=C(C)C(=O)C(C)=C(C)C1=O  hydroquinone=Oc1ccc(O)cc1  catechol=Oc1ccccc1O
pyrogallol=Oc1cccc(O)c1O  propyl_gallate=CCCOC(=O)c1cc(O)c(O)c(O)c1
caffeic_acid=O=C(O)C=Cc1ccc(O)c(O)c1  ferulic_acid=COc1cc(C=CC(=O)O)ccc1O
resveratrol=Oc1ccc(C=Cc2cc(O)cc(O)c2)cc1  quercetin=O=c1c(O)c(-c2ccc(O)c(O)c2)oc2cc(O)cc(O)c12
curcumin=COc1cc(C=CC(=O)CC(=O)C=Cc2ccc(O)c(OC)c2)ccc1O  chalcone=O=C(C=Cc1ccccc1)c1ccccc1
benzylideneacetone=CC(=O)C=Cc1ccccc1  acryloylaniline=C=CC(=O)Nc1ccccc1
butyl_acrylate=C=CC(=O)OCCCC  acryloylmorpholine=C=CC(=O)N1CCOCC1
phenyl_vinyl_ketone=C=CC(=O)c1ccccc1  crotonyl_methylaniline=CC=CC(=O)N(C)c1ccccc1
phenylmaleimide=O=C1C=CC(=O)N1c1ccccc1  benzylmaleimide=O=C1C=CC(=O)N1Cc1ccccc1
cinnamonitrile=N#CC=Cc1ccccc1  tyrphostin=N#CC(C#N)=Cc1ccc(O)cc1
methyl_cinnamate=COC(=O)C=Cc1ccccc1  cinnamaldehyde=O=CC=Cc1ccccc1  octenal=CCCCCC=CC=O
benzaldehyde=O=Cc1ccccc1  vanillin=COc1cc(C=O)ccc1O  dimethylaminobenzaldehyde=CN(C)c1ccc(C=O)cc1
phenoxybenzaldehyde=O=Cc1ccc(Oc2ccccc2)cc1  biphenylcarbaldehyde=O=Cc1ccc(-c2ccccc2)cc1
indolecarbaldehyde=O=Cc1c[nH]c2ccccc12  furfural=O=Cc1ccco1
morpholinobenzaldehyde=O=Cc1ccc(N2CCOCC2)cc1  octanal=CCCCCCCC=O
hydrocinnamaldehyde=O=CCCc1ccccc1  nitrobenzene=O=[N+]([O-])c1ccccc1
dinitrotoluene=Cc1ccc([N+](=O)[O-])cc1[N+](=O)[O-]
nitrophenylmorpholine=O=[N+]([O-])c1ccc(N2CCOCC2)cc1  nitroanisole=COc1ccc([N+](=O)[O-])cc1
nitrobenzoic_acid=O=C(O)c1ccc([N+](=O)[O-])cc1
nitrobenzylpiperidine=O=[N+]([O-])c1ccc(CN2CCCCC2)cc1  nitroindole=O=[N+]([O-])c1ccc2[nH]ccc2c1
nitrobenzylamine=NCc1ccc([N+](=O)[O-])cc1  nitrobenzanilide=O=C(Nc1ccccc1)c1cccc([N+](=O)[O-])c1
nitroethane=CC[N+](=O)[O-]  azobenzene=c1ccc(N=Nc2ccccc2)cc1
methyl_yellow=CN(C)c1ccc(N=Nc2ccccc2)cc1  phenazopyridine_analogue=Nc1ccc(N=Nc2ccccc2)c(N)n1
hydroxyazobenzene=Oc1ccc(N=Nc2ccccc2)cc1  azoxyanisole_parent=COc1ccc(N=Nc2ccc(OC)cc2)cc1
sulfasalazine=O=C(O)c1cc(N=Nc2ccc(S(=O)(=O)Nc3ccccn3)cc2)ccc1O  phenylhydrazine=NNc1ccccc1
benzohydrazide=NNC(=O)c1ccccc1  benzoylhydrazone=O=C(NN=Cc1ccccc1)c1ccccc1
acetophenone_phenylhydrazone=CC(=NNc1ccccc1)c1ccccc1
benzaldehyde_thiosemicarbazone=NC(=S)NN=Cc1ccccc1  phenylthiourea=NC(=S)Nc1ccccc1
diphenylthiourea=S=C(Nc1ccccc1)Nc1ccccc1  morpholine_thiourea=S=C(NCc1ccccc1)N1CCOCC1
thiram=CN(C)C(=S)SSC(=S)N(C)C  disulfiram=CCN(CC)C(=S)SSC(=S)N(CC)CC  thiobenzamide=NC(=S)c1ccccc1
methoxythiobenzamide=CNC(=S)c1ccc(OC)cc1  thiophenol=Sc1ccccc1  benzyl_mercaptan=SCc1ccccc1
phenylethanethiol=SCCc1ccccc1  mercaptoethanol=OCCS  mercaptobenzothiazole=Sc1nc2ccccc2s1
diphenyl_disulfide=c1ccc(SSc2ccccc2)cc1  dithiolane_acid=O=C(O)C1CCSS1
cystine=NC(CSSCC(N)C(=O)O)C(=O)O  allicin=C=CCS(=O)SCC=C  benzyl_bromide=BrCc1ccccc1
chloromethylbiphenyl=ClCc1ccc(-c2ccccc2)cc1  phenethyl_bromide=BrCCc1ccccc1
chloroethylmorpholine=ClCCN1CCOCC1  chloropropoxybenzene=ClCCCOc1ccccc1
bromobutylphthalimide=BrCCCCN1C(=O)c2ccccc2C1=O  phenylpropyl_iodide=ICCCc1ccccc1
chloroacetanilide=O=C(CCl)Nc1ccccc1  phenacyl_bromide=O=C(CBr)c1ccccc1
metolachlor=CCc1cccc(C)c1N(C(=O)CCl)C(C)COC  DDT=ClC(Cl)(Cl)C(c1ccc(Cl)cc1)c1ccc(Cl)cc1
lindane=ClC1C(Cl)C(Cl)C(Cl)C(Cl)C1Cl  benzyl_glycidyl_ether=C(OCC1CO1)c1ccccc1
phenyl_glycidyl_ether=c1ccc(OCC2CO2)cc1  styrene_oxide=C1OC1c1ccccc1
bisphenol_diglycidyl_ether=CC(C)(c1ccc(OCC2CO2)cc1)c1ccc(OCC2CO2)cc1
benzylaziridine=C1CN1Cc1ccccc1  cumene_hydroperoxide=CC(C)(OO)c1ccccc1
benzoyl_peroxide=O=C(OOC(=O)c1ccccc1)c1ccccc1  di_tert_butyl_peroxide=CC(C)(C)OOC(C)(C)C
alkyl_peroxide=CC1(OOC2(C)CCCCC2)CCCCC1  phenyl_isocyanate=O=C=Nc1ccccc1
diphenylmethane_diisocyanate=O=C=Nc1ccc(Cc2ccc(N=C=O)cc2)cc1  benzyl_isothiocyanate=S=C=NCc1ccccc1
bromophenyl_isothiocyanate=S=C=Nc1ccc(Br)cc1  sulforaphane=CS(=O)CCCCN=C=S
benzylidene_methylamine=CN=Cc1ccccc1  benzylideneaniline=C(=Nc1ccccc1)c1ccccc1
salen=Oc1ccccc1C=NCCN=Cc1ccccc1O  acetophenone_oxime=CC(=NO)c1ccccc1
pyridine_aldoxime=ON=Cc1ccccn1  oxime_ether=CON=C(C)c1ccc(Cl)cc1
triethyl_phosphate=CCOP(=O)(OCC)OCC  parathion=CCOP(=S)(OCC)Oc1ccc([N+](=O)[O-])cc1
dimethoate=COP(=S)(OC)SCC(=O)NC  diethyl_benzylphosphonate=CCOP(=O)(OCC)Cc1ccccc1
benzylphosphonic_acid=O=P(O)(O)Cc1ccccc1  glyphosate=O=P(O)(O)CNCC(=O)O
alendronic_acid=O=P(O)(O)C(O)(CCCN)P(=O)(O)O  phenyl_phosphate=O=P(O)(O)Oc1ccccc1
triphenyl_phosphate=O=P(Oc1ccccc1)(Oc1ccccc1)Oc1ccccc1  toluenesulfonic_acid=Cc1ccc(S(=O)(=O)O)cc1
taurine=NCCS(=O)(=O)O  mops=O=S(=O)(O)CCCN1CCOCC1  methyl_tosylate=COS(=O)(=O)c1ccc(C)cc1
phenethyl_mesylate=CS(=O)(=O)OCCc1ccccc1  PMSF=O=S(=O)(F)Cc1ccccc1
tosyl_chloride=Cc1ccc(S(=O)(=O)Cl)cc1  benzoyl_chloride=O=C(Cl)c1ccccc1
acetic_anhydride=CC(=O)OC(C)=O  phthalic_anhydride=O=C1OC(=O)c2ccccc21  propiolactone=O=C1CCO1
phenylazetidinone=O=C1CCN1c1ccccc1  anthracene=c1ccc2cc3ccccc3cc2c1
phenanthrene=c1ccc2c(c1)ccc1ccccc12  pyrene=c1cc2ccc3cccc4ccc(c1)c2c34
pyrenemethanol=OCc1ccc2ccc3cccc4ccc1c2c34  anthracenylmethylamine=NCc1c2ccccc2cc2ccccc12
fluoranthene=c1ccc2c(c1)-c1cccc3cccc-2c13  tetracene=c1ccc2cc3cc4ccccc4cc3cc2c1
aminoacridine=Nc1c2ccccc2nc2ccccc12  carbazole=c1ccc2[nH]c3ccccc3c2c1
phenothiazinylethanol=OCCN1c2ccccc2Sc2ccccc21  aniline=Nc1ccccc1
phenoxyaniline=Nc1ccc(Oc2ccccc2)cc1  benzidine=Nc1ccc(-c2ccc(N)cc2)cc1
dichloroaniline=Nc1ccc(Cl)c(Cl)c1  anisidine=COc1ccc(N)cc1
aminophenylmorpholine=Nc1ccc(N2CCOCC2)cc1  aminophenethylpyrrolidine=Nc1ccc(CCN2CCCC2)cc1
naphthylamine=Nc1ccc2ccccc2c1  aminobenzoylpiperidine=Nc1ccc(C(=O)N2CCCCC2)cc1
aminobenzamide=Nc1ccccc1C(=O)NCc1ccccc1  phenylenediamine=Nc1ccc(N)cc1
tolylhydroxylamine=Cc1ccc(NO)cc1  nitrosobenzene=O=Nc1ccccc1  nitrosomorpholine=O=NN1CCOCC1
nitrosomethylurea=CN(N=O)C(N)=O  cyclohexanone_oxime=ON=C1CCCCC1
benzohydroxamic_acid=O=C(NO)c1ccccc1  vorinostat=O=C(CCCCCCC(=O)Nc1ccccc1)NO
phenyl_azide=[N-]=[N+]=Nc1ccccc1  benzyl_azide=[N-]=[N+]=NCc1ccccc1
pyridine_oxide=[O-][n+]1ccccc1  methylpyridinium=C[n+]1ccccc1  acetylcholine=C[N+](C)(C)CCOC(C)=O
cetrimonium=CCCCCCCCCCCCCCCC[N+](C)(C)C  lauric_acid=CCCCCCCCCCCC(=O)O
oleic_acid=CCCCCCCCC=CCCCCCCCC(=O)O  dodecyloxybenzene=CCCCCCCCCCCCOc1ccccc1
decylbenzamide=CCCCCCCCCCNC(=O)c1ccccc1  nonylphenol=CCCCCCCCCc1ccc(O)cc1
dioctyl_phthalate=CCCCCCCCOC(=O)c1ccccc1C(=O)OCCCCCCCC  octylmorpholine=CCCCCCCCN1CCOCC1
hexylresorcinol=CCCCCCc1ccc(O)cc1O  propargyl_phenyl_ether=C#CCOc1ccccc1
selegiline=C#CCN(C)C(C)Cc1ccccc1  terbinafine=CC(C)(C)C#CC=CCN(C)Cc1cccc2ccccc12
phenylacetylene=C#Cc1ccccc1  tolane=C(#Cc1ccccc1)c1ccccc1  eugenol=C=CCc1ccc(O)c(OC)c1
styrene=C=Cc1ccccc1  allyl_phenyl_ether=C=CCOc1ccccc1  geraniol=CC(C)=CCCC(C)=CCO
limonene=CC1=CCC(C(C)=C)CC1  methyl_methacrylate=C=C(C)C(=O)OC  methoxystyrene=COC=Cc1ccccc1
ethyl_benzoylacetate=CCOC(=O)CC(=O)c1ccccc1  acetylacetone=CC(=O)CC(C)=O
benzil=O=C(C(=O)c1ccccc1)c1ccccc1  pyruvanilide=CC(=O)C(=O)Nc1ccccc1
benzaldehyde_dimethyl_acetal=COC(OC)c1ccccc1  phenyldioxolane=C1COC(c2ccccc2)O1  aminal=NCN1CCCCC1
fluorobenzene=Fc1ccccc1  iodobenzene=Ic1ccccc1  benzyloxyiodobenzene=Ic1ccc(OCc2ccccc2)cc1
thyroxine=NC(Cc1cc(I)c(Oc2cc(I)c(O)c(I)c2)c(I)c1)C(=O)O
dibromodiphenyl_ether=Brc1ccc(Oc2ccc(Br)cc2)cc1  pentachlorophenol=Oc1c(Cl)c(Cl)c(Cl)c(Cl)c1Cl
triclosan=Oc1ccc(Cl)cc1Oc1ccc(Cl)cc1Cl  triclocarban=O=C(Nc1ccc(Cl)cc1)Nc1ccc(Cl)c(Cl)c1
benzonitrile=N#Cc1ccccc1  mandelonitrile=N#CC(O)c1ccccc1  acetone_cyanohydrin=CC(O)(C#N)C
benzotrifluoride=FC(F)(F)c1ccccc1  perfluorobutane=FC(F)(F)C(F)(F)C(F)(F)C(F)(F)F
perfluoropentanoic_acid=O=C(O)C(F)(F)C(F)(F)C(F)(F)C(F)(F)F  silyl_ether=C[Si](C)(C)OCc1ccccc1
trimethylphenylsilane=C[Si](C)(C)c1ccccc1  phenylboronic_acid=OB(O)c1ccccc1
diphenyl_selenide=c1ccc([Se]c2ccccc2)cc1  piperidine=C1CCNCC1  morpholine=C1COCCN1
piperazine=C1CNCCN1  pyridine=c1ccncc1  pyrrole=c1cc[nH]c1  furan=c1ccoc1  thiophene=c1ccsc1
imidazole=c1c[nH]cn1  pyrazole=c1cn[nH]c1  thiazole=c1cscn1  pyrazine=c1cnccn1
pyrimidine=c1cncnc1  indole=c1ccc2[nH]ccc2c1  quinoline=c1ccc2ncccc2c1
benzimidazole=c1ccc2[nH]cnc2c1  benzofuran=c1ccc2occc2c1  benzothiophene=c1ccc2sccc2c1
benzothiadiazole=c1ccc2nsnc2c1  tetrazole=c1nn[nH]n1  coumarin=O=c1ccc2ccccc2o1
phthalimide=O=C1NC(=O)c2ccccc21  thiazolidinedione=O=C1CSC(=O)N1  rhodanine=O=C1CSC(=S)N1
benzylidene_rhodanine=O=C1NC(=S)SC1=Cc1ccccc1
benzylidene_thiazolidinedione=O=C1NC(=O)C(=Cc2ccccc2)S1  glucose=OCC1OC(O)C(O)C(O)C1O
salicin=OCC1OC(Oc2ccccc2CO)C(O)C(O)C1O  adenosine=Nc1ncnc2c1ncn2C1OC(CO)C(O)C1O
methyl_benzoate=COC(=O)c1ccccc1  nikethamide=CCN(CC)C(=O)c1cccnc1
moclobemide=O=C(NCCN1CCOCC1)c1ccc(Cl)cc1  methoxyphenethylbenzamide=COc1ccc(CCNC(=O)c2ccccc2)cc1
cyclohexylbenzamide=O=C(NC1CCCCC1)c1ccccc1  sulfonylmorpholine=COc1ccc(S(=O)(=O)N2CCOCC2)cc1
methylphenylpiperazine=CN1CCN(c2ccccc2)CC1
benzoylpyridylpiperazine=O=C(c1ccccc1)N1CCN(c2ccccn2)CC1  methoxybiphenyl=COc1ccc(-c2ccccc2)cc1
benzylanisole=COc1ccc(Cc2ccccc2)cc1  tolyloxyethylpyrrolidine=Cc1ccc(OCCN2CCCC2)cc1
"""

BUILDING_BLOCKS = dict(entry.split("=", 1) for entry in BLOCKS.split())
"""SMILES by name. Many carry an alert, so that a dozen are frequent among the combinations."""

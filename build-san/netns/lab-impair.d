build-san/netns/lab-impair.o: netns/lab-impair.c netns/lab-priv.h \
 netns/lab.h netns/error.h
netns/lab-priv.h:
netns/lab.h:
netns/error.h:

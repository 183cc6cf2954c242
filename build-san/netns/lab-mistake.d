build-san/netns/lab-mistake.o: netns/lab-mistake.c netns/lab-priv.h \
 netns/lab.h netns/error.h
netns/lab-priv.h:
netns/lab.h:
netns/error.h:
